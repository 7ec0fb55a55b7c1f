const maxLength = 64;

/** The name itself if nobody has it, else with the first free number: `web`, `web-2`, `web-3`. */
export function freeName(wanted: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  if (!names.has(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    const name = wanted.slice(0, maxLength - suffix.length) + suffix;
    if (!names.has(name)) return name;
  }
}

/** `3 hosts, 5 pods`. */
export function countText(hosts: number, pods: number): string {
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${count(hosts, 'host')}, ${count(pods, 'pod')}`;
}
