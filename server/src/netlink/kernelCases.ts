import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import type { Cases } from './caseRunner.ts';
import * as os from './constants.ts';
import * as libc from './libc.ts';
import { openGroups } from './monitor.ts';
import { drain } from './netlinkSocket.ts';
import { createReactor } from './reactor.ts';
import { RTNLGRP_LINK } from './route/constants.ts';

/** What needs a kernel: every case gets the thread in a network namespace with nothing but `lo`. */
export const cases: Cases = {
  async 'the reactor calls back as long as there is something to read'() {
    const reactor = createReactor();
    const fd = libc.eventfd(1, os.EFD_CLOEXEC | os.EFD_NONBLOCK);
    let calls = 0;
    await new Promise<void>((resolve) => {
      const unwatch = reactor.watch(fd, () => {
        calls += 1;
        if (calls < 3) return;
        unwatch();
        resolve();
      });
    });
    assert.equal(calls, 3);
    assert.equal(await reactor.wait(fd, 'readable', 10_000), true);
    assert.equal(await reactor.wait(fd, 'writable', 10_000), true);
    reactor.close();
    libc.close(fd);
  },

  async 'a wait ends with its time and with the reactor'() {
    const reactor = createReactor();
    const fd = libc.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK);
    assert.equal(await reactor.wait(fd, 'readable', 1), false);
    const waiting = reactor.wait(fd, 'readable', 10_000);
    reactor.close();
    assert.equal(await waiting, false);
    assert.throws(() => reactor.watch(fd, () => {}), /closed/);
    libc.close(fd);
  },

  async 'a descriptor closed while watched disturbs neither the others nor its successor'() {
    const reactor = createReactor();
    const closed = libc.eventfd(1, os.EFD_CLOEXEC | os.EFD_NONBLOCK);
    const unwatchClosed = reactor.watch(closed, () => assert.fail('the closed one was called'));
    libc.close(closed);
    const successor = libc.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK);
    assert.equal(successor, closed);
    const called = new Promise<void>((resolve) => {
      const unwatch = reactor.watch(successor, () => {
        unwatch();
        resolve();
      });
    });
    unwatchClosed();
    writeSync(successor, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
    await called;
    reactor.close();
    libc.close(successor);
  },

  'a drain ends although every message that it reads causes another one'(route) {
    const fd = openGroups(os.NETLINK_ROUTE, [RTNLGRP_LINK]);
    let mtu = 1000;
    const change = () => route.linkSet(1, { mtu: (mtu = 3000 - mtu) });
    change();
    let heard = 0;
    const overrun = drain(fd, () => {
      heard += 1;
      change();
    });
    assert.equal(overrun, false);
    assert.ok(heard > 10_000, `${heard} messages`);
    // What is left is there for the next one.
    assert.equal(
      drain(fd, () => (heard += 1)),
      false,
    );
    const all = heard;
    drain(fd, () => (heard += 1));
    assert.equal(heard, all);
    libc.close(fd);
  },

  'calls of libc that fail tell what and why'() {
    assert.throws(() => libc.close(9999), { code: 'EBADF', message: 'close: Bad file descriptor' });
    assert.throws(() => libc.setns(0, os.CLONE_NEWNET), { code: 'EINVAL', call: 'setns' });
    assert.throws(() => libc.open('/nowhere', 0), {
      message: 'open /nowhere: No such file or directory',
    });
    const fd = libc.socket(os.AF_INET, os.SOCK_DGRAM | os.SOCK_CLOEXEC);
    assert.equal(libc.recv(fd, Buffer.alloc(1), os.MSG_DONTWAIT), undefined);
    assert.equal(libc.poll(fd, os.POLLIN, 0), 0);
    assert.equal(libc.poll(fd, os.POLLOUT, 0), os.POLLOUT);
    assert.equal(libc.getsockopt(fd, os.SOL_SOCKET, os.SO_ERROR), 0);
    libc.close(fd);
  },
};
