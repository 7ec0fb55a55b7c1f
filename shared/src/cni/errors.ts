/** What `toObject` gives: the CNI error object (SPEC "Error") with the plugin that raised it. */
export interface CniErrorFields {
  /** The plugin's code; 0 where libcni gives none (a missing executable, an unreadable answer). */
  code: number;
  msg: string;
  details?: string;
  /** `type` of the plugin concerned. */
  plugin?: string;
}

/**
 * The one error of the CNI library and runtime. `message` is the whole text as libcni words it
 * (with its `plugin type="bridge" failed (add): ` in front); `msg` and `details` are the plugin's
 * own words, or the library's where no plugin spoke.
 */
export class CniError extends Error {
  readonly code: number;
  readonly msg: string;
  readonly details: string | undefined;
  readonly plugin: string | undefined;

  constructor(fields: CniErrorFields, options: { message?: string; cause?: unknown } = {}) {
    super(
      options.message ?? errorText(fields),
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = 'CniError';
    this.code = fields.code;
    this.msg = fields.msg;
    this.details = fields.details;
    this.plugin = fields.plugin;
  }

  /** Plain data, as kept in operations and steps. */
  toObject(): CniErrorFields {
    return {
      code: this.code,
      msg: this.msg,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.plugin === undefined ? {} : { plugin: this.plugin }),
    };
  }
}

/** `msg`, or `msg; details` (X1). */
export function errorText({ msg, details }: { msg: string; details?: string | undefined }): string {
  return details ? `${msg}; ${details}` : msg;
}

/** An error that has no CNI code of its own. */
export function libraryError(msg: string, cause?: unknown): CniError {
  return new CniError({ code: 0, msg }, cause === undefined ? {} : { cause });
}

/** Anything thrown, as the library's own error. */
export function toCniError(thrown: unknown): CniError {
  if (thrown instanceof CniError) return thrown;
  return libraryError(thrown instanceof Error ? thrown.message : String(thrown), thrown);
}
