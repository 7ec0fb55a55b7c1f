import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellMarksForBash } from './shellMarks.ts';

/** Folders of a host that are its own; the rest of its file system is the box's. */
export const ownFolders = ['etc', 'run', 'var', 'tmp', 'root'] as const;

/** Where a host's own files stand, seen from the agent. */
export const hostFolder = (host: string): string => join('/hosts', host);
export const podFolder = (host: string, pod: string): string => join(hostFolder(host), 'pods', pod);

/** Makes the files of a new host: an /etc of its own and the folders that CNI uses. */
export function makeHostFiles(host: string): void {
  const root = hostFolder(host);
  for (const folder of [
    'etc/cni/net.d',
    'run/netns',
    'run/lock',
    'var/lib/cni',
    'var/log',
    'var/tmp',
    'tmp',
    'root',
    'pods',
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  write('etc/hostname', `${host}\n`);
  write('etc/hosts', `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${host}\n`);
  write('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n');
  write('etc/group', 'root:x:0:\nnogroup:x:65534:\n');
  write('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  write('etc/resolv.conf', '');
  // Distributions set a prompt of their own in /etc/bash.bashrc, which comes before this one.
  const prompt = `PS1='\\[\\e[1m\\]root@'"$CNILAB_PLACE"'\\[\\e[0m\\]:\\w# '`;
  const aliases = `alias ls='ls --color=auto' ip='ip -color=auto'`;
  write('root/.bashrc', `${prompt}\n${aliases}\n${shellMarksForBash}`);
  // A login shell reads this one instead.
  write('root/.bash_profile', '. ~/.bashrc\n');
  // Shared, because small copies cost most of a host's memory and time.
  for (const name of readdirSync('/base/etc')) {
    symlinkSync(join('/base/etc', name), join(root, 'etc', name));
  }
}

export function makePodFiles(host: string, pod: string): void {
  const root = podFolder(host, pod);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'resolv.conf'), '');
  writeFileSync(join(root, 'hostname'), `${pod}\n`);
  writeFileSync(join(root, 'hosts'), `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${pod}\n`);
}
