import type { LucideIcon } from 'lucide-react';
import { Button } from '../design/Button.tsx';
import { useLab } from '../store/labContext.tsx';
import { askedKey } from '../store/operate.ts';
import type { AskedOp } from '../store/outcomes.ts';

/** Asks for an operation on an element. `reason` says why that cannot be done now. */
export function AskButton(props: {
  op: AskedOp;
  element: string;
  label: string;
  /** While it runs. */
  pendingLabel: string;
  icon: LucideIcon;
  hint: string;
  reason: { text: string; id: string } | undefined;
}) {
  const { op, element, label, pendingLabel, icon, hint, reason } = props;
  const operate = useLab((s) => s.operate);
  const isPending = useLab((s) => s.asked[askedKey(op, element)]?.isRunning === true);
  return (
    <Button
      small
      icon={icon}
      hint={hint}
      isPending={isPending}
      isDisabled={reason !== undefined && !isPending}
      {...(reason ? { 'aria-describedby': reason.id } : {})}
      onPress={() => void operate(op, element)}
    >
      {isPending ? pendingLabel : label}
    </Button>
  );
}
