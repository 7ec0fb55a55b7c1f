#!/usr/bin/env node
// A CNI plugin that writes down each of its calls and passes prevResult on: put it anywhere into a
// chain to see what plugins are given. README.md tells how to build it. Its one key:
//   log: file that gets one line of JSON per call (default /var/lib/cni/recorder.jsonl)
import { appendFileSync } from 'node:fs';
import { prevResultOf, runPlugin } from '../../server/src/cni/runPlugin.ts';

const versions = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];

/** @param {import('../../server/src/cni/runPlugin.ts').PluginCall} call */
function record({ command, containerId, netns, ifName, args, stdin }) {
  const config = JSON.parse(stdin);
  const line = { time: new Date().toISOString(), command, containerId, netns, ifName, args, config };
  appendFileSync(config.log ?? '/var/lib/cni/recorder.jsonl', `${JSON.stringify(line)}\n`);
}

void runPlugin(
  {
    add(call) {
      record(call);
      // The first plugin of a chain has none: what it gives is a result with nothing in it.
      return prevResultOf(call) ?? { cniVersion: '1.0.0', interfaces: [], ips: [], routes: [], dns: {} };
    },
    check: record,
    del: record,
    gc: record,
    status: record,
  },
  versions,
  'The recorder plugin of cnilab: writes down each call and passes prevResult on.',
);
