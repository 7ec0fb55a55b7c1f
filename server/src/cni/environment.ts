import type { Command, RuntimeConf, TraceContext } from './types.ts';

/** The six variables that a plugin always gets, empty where there is nothing to say (E2–E6). */
export function cniVariables(
  command: Command,
  rt: Pick<RuntimeConf, 'containerId' | 'netns' | 'ifName' | 'args'>,
  path: readonly string[],
): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: rt.containerId,
    CNI_NETNS: rt.netns,
    CNI_ARGS: rt.args.map(([key, value]) => `${key}=${value}`).join(';'),
    CNI_IFNAME: rt.ifName,
    CNI_PATH: path.join(':'),
  };
}

/** The inherited environment with the CNI variables over it (E1, E3). */
export function pluginEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  // One read each: process.env asks the C library every time, which Object.entries does twice.
  for (const name of Object.keys(inherited)) {
    const value = inherited[name];
    if (value !== undefined) environment[name] = value;
  }
  return Object.assign(environment, variables);
}

/** The variables by which plugins join a trace; none without a trace id (E8). */
export function traceVariables(trace: TraceContext | undefined): Record<string, string> {
  if (!trace?.traceparent) return {};
  const { traceparent, tracestate, baggage } = trace;
  return {
    TRACEPARENT: traceparent,
    ...(tracestate ? { TRACESTATE: tracestate } : {}),
    ...(baggage ? { BAGGAGE: baggage } : {}),
  };
}

/** The directories of a CNI_PATH; none if it is not set or empty (T5, F2). */
export function splitPath(text: string | undefined): string[] {
  return text ? text.split(':') : [];
}
