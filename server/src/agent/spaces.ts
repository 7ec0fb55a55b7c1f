import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWUTS,
  MNT_DETACH,
  MS_BIND,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_SHARED,
} from '../netlink/constants.ts';
import type { RouteSocket } from '../netlink/route/socket.ts';
import { mount, sethostname, umount, unshare } from '../netlink/libc.ts';
import { hostFolder, makeHostFiles, makePodFiles, ownFolders, podFolder } from './hostFiles.ts';
import { closeNamespaces, home, inside, insideNet, openNamespaces, type Space } from './space.ts';
import { startSysctls } from './sysctls.ts';

/** Above what the kernel numbers by itself, so that the two never meet. */
let lastNsid = 1000;

/** The agent's own network namespace, where the segments' bridges are. */
export const segmentsSpace: Space = {
  ...home,
  id: '',
  kind: 'segments',
  host: '',
  nsid: lastNsid,
  environment: {},
};

/**
 * Makes a host: its namespaces, files and first sysctls. Takes about a millisecond. When it throws,
 * nothing of the host stays.
 */
export function makeHost(name: string): Space {
  try {
    makeHostFiles(name);
    return enterNewHost(name);
  } catch (error) {
    rmSync(hostFolder(name), { recursive: true, force: true });
    throw error;
  }
}

function enterNewHost(name: string): Space {
  const set = inside(home, () => {
    unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS);
    const made = openNamespaces();
    sethostname(name);
    mount('none', '/', null, MS_REC | MS_PRIVATE);
    bindHiddenPlugins(name);
    for (const folder of ownFolders)
      mount(`${hostFolder(name)}/${folder}`, `/${folder}`, null, MS_BIND | MS_REC);
    // As the first `ip netns add` would do it; done later, it would leave a second, hidden mount
    // of each pod's namespace, which nothing ever takes away.
    mount('/run/netns', '/run/netns', null, MS_BIND);
    mount('none', '/run/netns', null, MS_SHARED);
    mountSysfs();
    return made;
  });
  const space: Space = {
    ...set,
    id: name,
    kind: 'host',
    host: name,
    nsid: ++lastNsid,
    environment: environmentOf(name),
  };
  insideNet(space, startSysctls);
  return space;
}

/** Puts plugin directories that the host's own folders are going to cover (/tmp/…) into these. */
function bindHiddenPlugins(host: string): void {
  for (const path of (process.env.CNI_PATH ?? '').split(':')) {
    if (!ownFolders.some((folder) => path.startsWith(`/${folder}/`)) || !existsSync(path)) continue;
    const inHost = `${hostFolder(host)}${path}`;
    mkdirSync(inHost, { recursive: true });
    mount(path, inHost, null, MS_BIND);
  }
}

/**
 * Makes a pod on a host: a network namespace under /run/netns, and mounts and a name of its own.
 * When it throws, nothing of the pod stays.
 */
export function makePod(host: Space, name: string): Space {
  const path = `/run/netns/${name}`;
  if (inside(host, () => existsSync(path))) {
    throw new Error(
      `a network namespace called ${name} is there already; delete it (ip netns del ${name}) or choose another name`,
    );
  }
  try {
    makePodFiles(host.host, name);
    return enterNewPod(host, name, path);
  } catch (error) {
    dropPodFiles(host, name);
    throw error;
  }
}

function enterNewPod(host: Space, name: string, path: string): Space {
  const set = inside(host, () => {
    unshare(CLONE_NEWNET);
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'wx', 0o444));
    mount('/proc/thread-self/ns/net', path, null, MS_BIND);
    unshare(CLONE_NEWNS | CLONE_NEWUTS);
    sethostname(name);
    mount('none', '/', null, MS_REC | MS_PRIVATE);
    // The host's /run goes with its /run/netns: copies of those mounts would keep every
    // namespace of the host alive for as long as this pod lives.
    umount('/run', MNT_DETACH);
    mount('tmpfs', '/run', 'tmpfs', 0, 'size=16m,mode=755');
    mkdirSync('/run/netns');
    for (const file of ['resolv.conf', 'hostname', 'hosts']) {
      mount(`${podFolder(host.host, name)}/${file}`, `/etc/${file}`, null, MS_BIND);
    }
    mountSysfs();
    return openNamespaces();
  });
  const space: Space = {
    ...set,
    id: `${host.host}/${name}`,
    kind: 'pod',
    host: host.host,
    nsid: ++lastNsid,
    environment: environmentOf(`${host.host}/${name}`),
  };
  insideNet(space, startSysctls);
  return space;
}

/** A network namespace that somebody made on a host; the host's files and name are its own. */
export function foreignSpace(host: Space, name: string, net: number): Space {
  return {
    net,
    mnt: host.mnt,
    uts: host.uts,
    id: `${host.host}/${name}`,
    kind: 'foreign',
    host: host.host,
    nsid: ++lastNsid,
    environment: environmentOf(`${host.host}/${name}`),
  };
}

/** Whether the pod's namespace still has its name on the host. */
export function hasPodNamespace(host: Space, name: string, pod: Space): boolean {
  const { ino } = fstatSync(pod.net);
  return inside(host, () => {
    const found = statSync(`/run/netns/${name}`, { throwIfNoEntry: false });
    return found?.ino === ino;
  });
}

/** Ends a pod's namespaces. What still runs in it must have been killed before. */
export function dropPod(host: Space, name: string, pod: Space): void {
  closeNamespaces(pod);
  dropPodFiles(host, name);
}

function dropPodFiles(host: Space, name: string): void {
  inside(host, () => {
    const path = `/run/netns/${name}`;
    try {
      umount(path, MNT_DETACH);
    } catch {
      // Somebody deleted it by hand (`ip netns del`).
    }
    rmSync(path, { force: true });
  });
  rmSync(podFolder(host.host, name), { recursive: true, force: true });
}

export function dropHost(host: Space): void {
  closeNamespaces(host);
  rmSync(hostFolder(host.host), { recursive: true, force: true });
}

/** A new network namespace has its loopback interface down. */
export function setLoopbackUp(route: RouteSocket): void {
  const lo = route.linkByName('lo');
  if (lo) route.linkSet(lo.index, { up: true });
}

/** A pod's resolver configuration, from the DNS part of an attachment's result. */
export function writeResolvConf(host: string, pod: string, text: string): void {
  // In place: the file is bind-mounted, a new one would not be seen.
  writeFileSync(`${podFolder(host, pod)}/resolv.conf`, text);
}

/** In a container /sys may only be mounted read-only, or not at all: then the box's one stays. */
export function mountSysfs(): void {
  for (const flags of [0, MS_RDONLY]) {
    try {
      mount('sysfs', '/sys', 'sysfs', flags);
      return;
    } catch {
      // try the next way
    }
  }
}

function environmentOf(place: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    CNI_PATH: process.env.CNI_PATH ?? '',
    HOME: '/root',
    USER: 'root',
    LANG: 'C.UTF-8',
    // For plain shells; bash takes the place alone, see its .bashrc.
    PS1: `root@${place}# `,
    CNILAB_PLACE: place,
  };
}
