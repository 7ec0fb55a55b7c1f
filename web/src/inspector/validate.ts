import { parseCidr, parseIp } from '@cnilab/shared/cni/ip';
import { labNameSchema } from '@cnilab/shared/lab/schema';

/** Each gives one sentence when a text cannot be used, and undefined when it can. */
export type Validate = (text: string) => string | undefined;

/** An empty text is fine too. */
export const optional =
  (validate: Validate): Validate =>
  (text) =>
    text === '' ? undefined : validate(text);

export const labNameError: Validate = (text) =>
  labNameSchema.safeParse(text).success
    ? undefined
    : 'Use 1 to 64 of a-z, 0-9, - and ., starting with a letter or a digit.';

/** For hosts, segments and pods. `taken`: names of the others. */
export const nameError =
  (taken: readonly string[]): Validate =>
  (text) => {
    if (!/^[a-z0-9-]{1,63}$/.test(text)) return 'Use 1 to 63 of a-z, 0-9 and -.';
    return taken.includes(text) ? `“${text}” is taken.` : undefined;
  };

const maxInterfaceBytes = 15;

/** As the kernel and CNI have it. `taken`: names of the others in that namespace. */
export const interfaceError =
  (taken: readonly string[]): Validate =>
  (text) => {
    if (text === '' || text === '.' || text === '..') return 'An interface needs a name.';
    if (/[/:\s]/.test(text)) return 'No “/”, “:” or white space in an interface name.';
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > maxInterfaceBytes) {
      return `${bytes} bytes: the kernel takes at most ${maxInterfaceBytes}.`;
    }
    return taken.includes(text) ? `“${text}” is taken.` : undefined;
  };

/** The items of a list that is written with commas or blanks between. */
export const listItems = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

export const cidrsError: Validate = (text) => {
  const wrong = listItems(text).find((item) => !parseCidr(item));
  return wrong === undefined ? undefined : `“${wrong}” is no address with prefix, as 192.0.2.1/24.`;
};

export const addressError: Validate = (text) =>
  parseIp(text) ? undefined : `“${text}” is no IP address.`;

/** A destination of a route. */
export const destinationError: Validate = (text) =>
  text === 'default' || parseCidr(text) || parseIp(text)
    ? undefined
    : 'Write default, or a subnet as 10.20.0.0/16.';

export const subnetError: Validate = (text) =>
  parseCidr(text) ? undefined : 'Write a subnet, as 10.10.0.0/16.';

export const numberError =
  (min: number, max: number): Validate =>
  (text) => {
    const number = Number(text);
    return /^[0-9]+$/.test(text) && number >= min && number <= max
      ? undefined
      : `A whole number from ${min} to ${max}.`;
  };

export const portError = numberError(1, 65535);

export const macError: Validate = (text) =>
  /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)
    ? undefined
    : 'Six bytes in hex, as 02:00:00:00:00:01.';
