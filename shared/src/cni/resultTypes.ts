import { libraryError } from './errors.ts';
import {
  type GoType,
  goCustom,
  goFromText,
  goInt,
  goPointer,
  goSlice,
  goString,
  goStruct,
} from './goDecode.ts';
import { normalAddress, normalCidr } from './goNet.ts';
import type {
  ResultDns,
  ResultInterface,
  ResultIp,
  ResultIpFamily,
  ResultRoute,
} from './result.ts';

/** How results are read: the reference's types, field by field, giving ours (R9–R12). */

/** An address with prefix. A key that is there needs a value, even if that is null (R9). */
const ipNet = goCustom('types.IPNet', '', goString, (text) => {
  const normal = normalCidr(text);
  if (normal === undefined) throw libraryError(`invalid CIDR address: ${text}`);
  return normal;
});

/** An address; empty and null mean none (R9). */
const ip = goFromText('net.IP', '', (text) => {
  const normal = text === '' ? '' : normalAddress(text);
  if (normal === undefined) throw libraryError(`invalid IP address: ${text}`);
  return normal;
});

const optionalInt = goPointer(goInt);

const route: GoType<ResultRoute> = goCustom(
  'types.Route',
  {},
  goStruct('types.route', {
    dst: ipNet,
    gw: ip,
    mtu: goInt,
    advmss: goInt,
    priority: goInt,
    table: optionalInt,
    scope: optionalInt,
  }),
  ({ dst, gw, mtu, advmss, priority, table, scope }) => ({
    ...some('dst', dst),
    ...some('gw', gw),
    ...some('mtu', mtu),
    ...some('advmss', advmss),
    ...some('priority', priority),
    ...(table === null ? {} : { table }),
    ...(scope === null ? {} : { scope }),
  }),
);

/** In a plugin's configuration as in results. */
export const dnsType = goStruct('types.DNS', {
  nameservers: goSlice(goString),
  domain: goString,
  search: goSlice(goString),
  options: goSlice(goString),
});

export const dnsOf = ({
  nameservers,
  domain,
  search,
  options,
}: typeof dnsType.zero): ResultDns => ({
  ...some('nameservers', [...(nameservers ?? [])]),
  ...some('domain', domain),
  ...some('search', [...(search ?? [])]),
  ...some('options', [...(options ?? [])]),
});

const familyIp: GoType<ResultIpFamily> = goCustom(
  'types020.IPConfig',
  { routes: [] },
  // Its routes are no pointers: a null among them is a route without anything.
  goStruct('types020.ipConfig', { ip: ipNet, gateway: ip, routes: goSlice(route) }),
  ({ ip: address, gateway, routes }) => ({
    ...some('ip', address),
    ...some('gateway', gateway),
    routes: [...(routes ?? [])],
  }),
);

/** 0.1.0 and 0.2.0. */
export const oldResultType = goStruct('types020.Result', {
  cniVersion: goString,
  ip4: goPointer(familyIp),
  ip6: goPointer(familyIp),
  dns: dnsType,
});

const middleIp: GoType<ResultIp> = goCustom(
  'types040.IPConfig',
  { version: '' },
  goStruct('types040.ipConfig', {
    version: goString,
    interface: optionalInt,
    address: ipNet,
    gateway: ip,
  }),
  ({ version, ...rest }) => ({ version, ...ipOf(rest) }),
);

/** 0.3.0 to 0.4.0. */
export const middleResultType = goStruct('types040.Result', {
  cniVersion: goString,
  interfaces: goSlice(
    goPointer(goStruct('types040.Interface', { name: goString, mac: goString, sandbox: goString })),
  ),
  ips: goSlice(goPointer(middleIp)),
  routes: goSlice(goPointer(route)),
  dns: dnsType,
});

const newIp: GoType<ResultIp> = goCustom(
  'types100.IPConfig',
  {},
  goStruct('types100.ipConfig', { interface: optionalInt, address: ipNet, gateway: ip }),
  ipOf,
);

/** 1.0.0 and 1.1.0. */
export const newResultType = goStruct('types100.Result', {
  cniVersion: goString,
  interfaces: goSlice(
    goPointer(
      goStruct('types100.Interface', {
        name: goString,
        mac: goString,
        mtu: goInt,
        sandbox: goString,
        socketPath: goString,
        pciID: goString,
      }),
    ),
  ),
  ips: goSlice(goPointer(newIp)),
  routes: goSlice(goPointer(route)),
  dns: dnsType,
});

function ipOf(fields: { interface: number | null; address: string; gateway: string }): ResultIp {
  return {
    ...(fields.interface === null ? {} : { interface: fields.interface }),
    ...some('address', fields.address),
    ...some('gateway', fields.gateway),
  };
}

interface InterfaceFields {
  name: string;
  mac: string;
  mtu?: number;
  sandbox: string;
  socketPath?: string;
  pciID?: string;
}

export const interfaceOf = (fields: InterfaceFields): ResultInterface => ({
  name: fields.name,
  ...some('mac', fields.mac),
  ...some('mtu', fields.mtu),
  ...some('sandbox', fields.sandbox),
  ...some('socketPath', fields.socketPath),
  ...some('pciID', fields.pciID),
});

/** The key only if its value is not Go's zero value: such values vanish (R11). */
function some<K extends string, V extends string | number | string[]>(
  key: K,
  value: V | undefined,
): { [P in K]?: V } {
  const empty =
    value === undefined ||
    value === '' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0);
  return empty ? {} : ({ [key]: value } as { [P in K]?: V });
}
