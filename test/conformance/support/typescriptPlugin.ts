#!/usr/bin/env node
import { appendFileSync } from 'node:fs';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { CniError } from '@cnilab/shared/cni/errors';
import { stringifyJson } from '@cnilab/shared/cni/json';
import {
  delegateAdd,
  delegateCheck,
  delegateDel,
  delegateGC,
  delegateStatus,
} from '../../../server/src/cni/delegate.ts';
import {
  type PluginCall,
  type PluginHandlers,
  prevResultOf,
  runPlugin,
} from '../../../server/src/cni/runPlugin.ts';

// A CNI plugin on `runPlugin`. Its configuration may have, all of them texts:
//   log        file that gets a line for each call that reaches the plugin: its command
//   delegate   type of a plugin that does the work
//   as         the command that the delegate gets, if it is another one
//   fail       the message of an error without a code
//   failWith   a message, for an error with code 11 and details
//   result     the result of ADD; else it is prevResult, or one with an interface named `own`
// TEST_VERSIONS and TEST_ABOUT are what it says of itself, TEST_ONLY_ADD leaves all but ADD out.

const delegates: Readonly<Record<string, (type: string, stdin: string) => Promise<void>>> = {
  CHECK: delegateCheck,
  DEL: delegateDel,
  GC: delegateGC,
  STATUS: delegateStatus,
};

/** A text of the configuration, empty if it is not there. */
const text = ({ config }: PluginCall, key: string): string => {
  const value = config.get(key);
  return typeof value === 'string' ? value : '';
};

async function act(call: PluginCall): Promise<void> {
  const [log, fail, failWith] = [text(call, 'log'), text(call, 'fail'), text(call, 'failWith')];
  if (log !== '') appendFileSync(log, `${call.command}\n`);
  if (fail !== '') throw new Error(fail);
  if (failWith !== '') {
    throw new CniError({ code: 11, msg: failWith, details: stringifyJson(call.config) });
  }
  const command = text(call, 'as') || call.command;
  const delegate = text(call, 'delegate');
  if (delegate !== '' && command !== 'ADD') await delegates[command]?.(delegate, call.stdin);
}

const add: PluginHandlers['add'] = async (call) => {
  await act(call);
  const [delegate, as, result] = [text(call, 'delegate'), text(call, 'as'), text(call, 'result')];
  if (delegate !== '' && (as === '' || as === 'ADD')) return delegateAdd(delegate, call.stdin);
  if (result !== '') return parseResult(result, call.cniVersion);
  return (
    prevResultOf(call) ?? parseResult('{"cniVersion":"1.0.0","interfaces":[{"name":"own"}]}', '')
  );
};

const { TEST_VERSIONS, TEST_ABOUT, TEST_ONLY_ADD } = process.env;
void runPlugin(
  TEST_ONLY_ADD === undefined ? { add, check: act, del: act, gc: act, status: act } : { add },
  (TEST_VERSIONS ?? '0.3.1 0.4.0 1.0.0 1.1.0').split(' '),
  TEST_ABOUT ?? 'A plugin of a test.',
);
