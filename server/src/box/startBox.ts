import { BoxError, type Box, type BoxOptions } from './box.ts';
import { startSandbox } from './sandbox.ts';

/** Starts a box whose kernel has what the lab needs. Throws a BoxError that names what is missing. */
export async function startBox(options: BoxOptions = {}): Promise<Box> {
  if (options.kind === 'vm') {
    throw new BoxError(
      'The lab asks for a VM box, and this version has only the sandbox.',
      'Remove "box: vm" from the lab file to try it in the sandbox.',
    );
  }
  const { needs = [], operationTimeoutMs = 60_000 } = options;
  const features = [...new Set(needs.map((need) => need.feature))];
  const box = await startSandbox({ features, operationTimeoutMs });
  const missing = needs.find((need) => box.features[need.feature] === false);
  if (!missing) return box;
  await box.stop();
  throw new BoxError(
    `${missing.element} needs ${missing.what}, which this machine's kernel does not offer.`,
    'Load the kernel module if there is one, or run the lab on a machine whose kernel has it.',
  );
}
