import { readFileSync } from 'node:fs';
import { BoxError } from './box.ts';

/** Turns what bubblewrap said when it could not make a box into a reason and a remedy. */
export function explainRefusal(stderr: string, fallback: string): BoxError {
  const said = reasonIn(stderr);
  const cause = { cause: new Error(stderr.trim() || fallback) };
  if (/mount proc/i.test(stderr)) {
    return new BoxError(
      `The sandbox cannot mount its own /proc here (${said}). That is so in a container whose /proc is masked.`,
      'Start the container with: --security-opt systempaths=unconfined --security-opt seccomp=unconfined --security-opt apparmor=unconfined',
      cause,
    );
  }
  if (/namespace|uid map|gid map|Operation not permitted|Permission denied/i.test(stderr)) {
    return new BoxError(
      `This machine does not let an ordinary user make namespaces (${said}).`,
      namespaceRemedy(),
      cause,
    );
  }
  return new BoxError(`The sandbox did not start: ${said || fallback}`, undefined, cause);
}

/** The last word of bubblewrap; of an agent that crashed the error, which Node puts among others. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const told = lines.filter((line) => line !== '' && !/^(Node\.js v|at )/.test(line));
  return (
    told.find((line) => /^(the agent failed: )?\w*Error\b.*: /.test(line)) ?? told.at(-1) ?? ''
  );
}

function namespaceRemedy(): string {
  if (setting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor forbids it. Allow it: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  if (setting('kernel/unprivileged_userns_clone') === '0') {
    return 'Allow it: sudo sysctl -w kernel.unprivileged_userns_clone=1';
  }
  if (setting('user/max_user_namespaces') === '0') {
    return 'Allow it: sudo sysctl -w user.max_user_namespaces=15000';
  }
  return 'In a container, start it with: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';
}

function setting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
