import { readFileSync } from 'node:fs';
import {
  type NetworkList,
  listOfPlugin,
  parseNetworkList,
  parsePlugin,
} from '@cnilab/shared/cni/config';
import { convertResult } from '@cnilab/shared/cni/convertResult';
import { parseResult } from '@cnilab/shared/cni/decodeResult';
import { prettyError, prettyResult, resultText } from '@cnilab/shared/cni/encodeResult';
import { CniError } from '@cnilab/shared/cni/errors';
import { goQuote } from '@cnilab/shared/cni/goQuote';
import { parseVersion, versionAtLeast } from '@cnilab/shared/cni/versions';
import { describe, expect, it } from 'vitest';
import { outcomeError } from '../../server/src/cni/outcome.ts';
import { parseVersionInfo } from '../../server/src/cni/versionInfo.ts';

// What the reference answered, to the byte: fixtures/README.md tells how it was asked.

interface Recorded {
  kind: string;
  input: string;
  version?: string;
  out: unknown;
}

const recorded = readFileSync(new URL('fixtures/reference.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): Recorded => JSON.parse(line));
const ofKind = (kind: string) => recorded.filter((entry) => entry.kind === kind);

/** What `read` gives, or the text of its refusal. */
function answer(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof CniError) return { error: error.message };
    throw error;
  }
}

const shownList = (list: NetworkList) => ({
  name: list.name,
  cniVersion: list.cniVersion,
  disableCheck: list.disableCheck,
  disableGC: list.disableGC,
  loadOnlyInlinedPlugins: list.loadOnlyInlinedPlugins,
  plugins: list.plugins.map(({ bytes }) => bytes),
});

describe('what the reference answered', () => {
  it.each(ofKind('list'))('C6, C10, C24, J1, J6: to the list $input', ({ input, out }) => {
    expect(answer(() => shownList(parseNetworkList(input)))).toEqual(out);
  });

  it.each(ofKind('plugin'))('C11, C13, J6, J7: to the plugin $input', ({ input, out }) => {
    const shown = () => {
      const plugin = parsePlugin(input);
      const { type, name = '', cniVersion = '', ipamType = '', capabilities } = plugin;
      const declared = Object.keys(capabilities).filter((key) => capabilities[key]);
      return {
        ...{ type, name, cniVersion, ipamType, capabilities: declared.toSorted() },
        asList: answer(() => listOfPlugin(plugin).bytes),
      };
    };
    expect(answer(shown)).toEqual(out);
  });

  it.each(ofKind('result'))(
    'R1, R9, R10, R20, P1: to the result $input',
    ({ input, version = '', out }) => {
      const shown = () => {
        const result = parseResult(input, version);
        const converted = ['0.2.0', '0.4.0', '1.1.0'].map((to) => [
          to,
          answer(() => resultText(convertResult(result, to))),
        ]);
        return { printed: prettyResult(result), converted: Object.fromEntries(converted) };
      };
      expect(answer(shown)).toEqual(out);
    },
  );

  it.each(ofKind('error'))('X1, X4, P4: to the error $input', ({ input, out }) => {
    const error = outcomeError({ stdout: input, stderr: '', exit: 1, ms: 0 }, 'a');
    const unreadable = `netplugin failed but error parsing its diagnostic message ${goQuote(input)}: `;
    const shown = error?.msg.startsWith(unreadable)
      ? { error: error.msg.slice(unreadable.length) }
      : error && { printed: prettyError(error.toObject()), text: error.message };
    expect(shown).toEqual(out);
  });

  it.each(ofKind('versions'))('W2: to the answer $input', ({ input, out }) => {
    expect(answer(() => parseVersionInfo(input))).toEqual(out);
  });

  it.each(ofKind('version'))('G9: to the version "$input"', ({ input, out }) => {
    const shown = () => ({
      version: [...parseVersion(input)],
      hasPrevResult: versionAtLeast(input, '0.4.0'),
    });
    expect(answer(shown)).toEqual(out);
  });
});
