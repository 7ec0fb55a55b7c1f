/** A clock that all processes of the machine share, in milliseconds. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

/** When the change with this alias was sent (see sender.ts), by that clock. */
export const sentAt = (alias: string): number => Number(alias.split('.')[0]) / 1e6;
