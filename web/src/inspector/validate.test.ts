import { expect, test } from 'vitest';
import {
  cidrsError,
  destinationError,
  interfaceError,
  labNameError,
  macError,
  nameError,
  numberError,
  optional,
  portError,
} from './validate.ts';

test.each([
  [nameError([]), 'node-1'],
  [labNameError, 'my.lab-1'],
  [interfaceError([]), 'a-name.15-bytes'],
  [cidrsError, '192.0.2.1/24, 2001:db8::1/64'],
  [cidrsError, ''],
  [destinationError, 'default'],
  [destinationError, '10.0.0.0/8'],
  [portError, '65535'],
  [numberError(0, 10), '0'],
  [macError, '02:00:00:00:00:0A'],
  [optional(portError), ''],
])('%# takes %s', (validate, text) => {
  expect(validate(text)).toBeUndefined();
});

test.each([
  [nameError([]), 'Node', 'a-z'],
  [nameError(['web']), 'web', 'taken'],
  [labNameError, '-x', 'starting with'],
  [interfaceError([]), 'a-name.16-bytes.', '16 bytes'],
  [interfaceError([]), 'a/b', 'No “/”'],
  [interfaceError([]), 'ééééééééé', '18 bytes'],
  [interfaceError([]), '..', 'needs a name'],
  [cidrsError, '192.0.2.1', 'no address with prefix'],
  [cidrsError, '192.0.2.1/24, 10.0.0.01/8', '10.0.0.01/8'],
  [destinationError, 'anywhere', 'default'],
  [portError, '0', '1 to 65535'],
  [portError, '80.5', 'whole number'],
  [macError, '02:00', 'Six bytes'],
])('%# refuses %s with a reason', (validate, text, reason) => {
  expect(validate(text)).toContain(reason);
});
