import { expect, it } from 'vitest';
import { explainRefusal } from './refusal.ts';

it('tells the last word of bubblewrap', () => {
  const error = explainRefusal('bwrap: first\nbwrap: execvp node: No such file\n', 'nothing');
  expect(error.message).toBe('The sandbox did not start: bwrap: execvp node: No such file');
});

it('tells why an agent crashed, and not with which Node', () => {
  const crash = `file:///agent/agent.js:12
throw new Error('no');
      ^

ReferenceError: encodeText is not defined
    at file:///agent/agent.js:12:7

Node.js v20.20.2
`;
  expect(explainRefusal(crash, 'nothing').message).toBe(
    'The sandbox did not start: ReferenceError: encodeText is not defined',
  );
});

it('tells what is known when nothing was said', () => {
  expect(explainRefusal('', 'exit code 3').message).toBe('The sandbox did not start: exit code 3');
});

it('names the remedy where namespaces are forbidden', () => {
  const error = explainRefusal('bwrap: Creating new namespace failed: Operation not permitted', '');
  expect(error.message).toContain('does not let an ordinary user make namespaces');
  expect(error.remedy).toBeDefined();
});
