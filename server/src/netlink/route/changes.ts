import { addressRequest, type AddressSpec } from './address.ts';
import { bridgeVlanRequest, type BridgeVlan } from './bridgeVlan.ts';
import {
  linkAddRequest,
  linkDelRequest,
  linkGroupDelRequest,
  linkSetRequest,
  type LinkChange,
  type LinkSpec,
} from './linkRequests.ts';
import { fdbRequest, neighbourRequest, type FdbSpec, type NeighbourSpec } from './neighbour.ts';
import { nsidSetRequest } from './nsid.ts';
import {
  classDelRequest,
  classRequest,
  qdiscDelRequest,
  qdiscRequest,
  type ClassSpec,
  type QdiscSpec,
} from './qdiscRequests.ts';
import { routeRequest, type RouteSpec } from './routeRequests.ts';
import { ruleRequest, type RuleSpec } from './rule.ts';

/**
 * What can be asked of a network namespace. Links are given by their index. A SpecError is thrown
 * for what cannot be asked at all.
 */
export interface Changes {
  linkAdd(spec: LinkSpec): void;
  linkSet(index: number, change: LinkChange): void;
  linkDel(index: number): void;
  /** All links of a group at once: 200 take 0.1 s, where one by one they take 4 s. */
  linkGroupDel(group: number): void;
  addressAdd(index: number, spec: AddressSpec): void;
  addressDel(index: number, spec: AddressSpec): void;
  routeAdd(spec: RouteSpec): void;
  /** Adds it, or puts it in the place of one with the same destination, table and metric. */
  routeReplace(spec: RouteSpec): void;
  routeDel(spec: RouteSpec): void;
  ruleAdd(spec: RuleSpec): void;
  ruleDel(spec: RuleSpec): void;
  neighbourAdd(index: number, spec: NeighbourSpec): void;
  neighbourReplace(index: number, spec: NeighbourSpec): void;
  neighbourDel(index: number, spec: Pick<NeighbourSpec, 'address' | 'proxy'>): void;
  fdbAdd(index: number, spec: FdbSpec): void;
  /** One more destination for the same address. */
  fdbAppend(index: number, spec: FdbSpec): void;
  fdbReplace(index: number, spec: FdbSpec): void;
  fdbDel(index: number, spec: FdbSpec): void;
  /** `index` is a port, or with `self` the bridge. */
  bridgeVlanAdd(index: number, vlan: BridgeVlan, self?: boolean): void;
  bridgeVlanDel(index: number, vlan: BridgeVlan, self?: boolean): void;
  qdiscAdd(index: number, spec: QdiscSpec): void;
  qdiscReplace(index: number, spec: QdiscSpec): void;
  qdiscChange(index: number, spec: QdiscSpec): void;
  /** `root` unless given; `ffff:fff1` for ingress and clsact. */
  qdiscDel(index: number, parent?: string): void;
  classAdd(index: number, spec: ClassSpec): void;
  classChange(index: number, spec: ClassSpec): void;
  classDel(index: number, handle: string): void;
  /** Names the namespace of descriptor `fd` in this one. EEXIST when it already has an id. */
  nsidSet(fd: number, nsid: number): void;
}

/** The changes as requests that `submit` gets, each with what to call it in an error. */
export function changesOver(submit: (what: string, bytes: Buffer) => void): Changes {
  const link = (index: number) => `on link ${index}`;
  const fdb = (operation: 'add' | 'append' | 'replace' | 'del') => {
    const name = operation === 'del' ? 'RTM_DELNEIGH' : 'RTM_NEWNEIGH';
    return (index: number, spec: FdbSpec) =>
      submit(`${name} fdb ${spec.mac} ${link(index)}`, fdbRequest(operation, index, spec));
  };
  const vlan = (operation: 'add' | 'del', name: string) => {
    return (index: number, spec: BridgeVlan, self = false) =>
      submit(
        `${name} bridge vlan ${spec.vid} ${link(index)}`,
        bridgeVlanRequest(operation, index, spec, self),
      );
  };
  const qdisc = (operation: 'add' | 'replace' | 'change') => {
    return (index: number, spec: QdiscSpec) =>
      submit(`RTM_NEWQDISC ${spec.kind} ${link(index)}`, qdiscRequest(operation, index, spec));
  };
  const trafficClass = (operation: 'add' | 'change') => {
    return (index: number, spec: ClassSpec) =>
      submit(`RTM_NEWTCLASS ${spec.handle} ${link(index)}`, classRequest(operation, index, spec));
  };

  return {
    linkAdd: (spec) => submit(`RTM_NEWLINK ${spec.kind} "${spec.name}"`, linkAddRequest(spec)),
    linkSet: (index, change) =>
      submit(`RTM_NEWLINK link ${index} ${words(change)}`, linkSetRequest(index, change)),
    linkDel: (index) => submit(`RTM_DELLINK link ${index}`, linkDelRequest(index)),
    linkGroupDel: (group) => submit(`RTM_DELLINK group ${group}`, linkGroupDelRequest(group)),
    addressAdd: (index, spec) =>
      submit(`RTM_NEWADDR ${spec.address}`, addressRequest('add', index, spec)),
    addressDel: (index, spec) =>
      submit(`RTM_DELADDR ${spec.address}`, addressRequest('del', index, spec)),
    routeAdd: (spec) => submit(`RTM_NEWROUTE ${spec.to}`, routeRequest('add', spec)),
    routeReplace: (spec) => submit(`RTM_NEWROUTE ${spec.to}`, routeRequest('replace', spec)),
    routeDel: (spec) => submit(`RTM_DELROUTE ${spec.to}`, routeRequest('del', spec)),
    ruleAdd: (spec) => submit(`RTM_NEWRULE ${words(spec)}`, ruleRequest('add', spec)),
    ruleDel: (spec) => submit(`RTM_DELRULE ${words(spec)}`, ruleRequest('del', spec)),
    neighbourAdd: (index, spec) =>
      submit(`RTM_NEWNEIGH ${spec.address}`, neighbourRequest('add', index, spec)),
    neighbourReplace: (index, spec) =>
      submit(`RTM_NEWNEIGH ${spec.address}`, neighbourRequest('replace', index, spec)),
    neighbourDel: (index, spec) =>
      submit(`RTM_DELNEIGH ${spec.address}`, neighbourRequest('del', index, spec)),
    fdbAdd: fdb('add'),
    fdbAppend: fdb('append'),
    fdbReplace: fdb('replace'),
    fdbDel: fdb('del'),
    bridgeVlanAdd: vlan('add', 'RTM_SETLINK'),
    bridgeVlanDel: vlan('del', 'RTM_DELLINK'),
    qdiscAdd: qdisc('add'),
    qdiscReplace: qdisc('replace'),
    qdiscChange: qdisc('change'),
    qdiscDel: (index, parent = 'root') =>
      submit(`RTM_DELQDISC ${parent} ${link(index)}`, qdiscDelRequest(index, parent)),
    classAdd: trafficClass('add'),
    classChange: trafficClass('change'),
    classDel: (index, handle) =>
      submit(`RTM_DELTCLASS ${handle} ${link(index)}`, classDelRequest(index, handle)),
    nsidSet: (fd, nsid) => submit(`RTM_NEWNSID ${nsid}`, nsidSetRequest(fd, nsid)),
  };
}

/** `mtu 1400 master 3`: what a change asked for, for its error. */
const words = (change: object): string =>
  Object.entries(change)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (value === true) return key;
      return `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
    })
    .join(' ');
