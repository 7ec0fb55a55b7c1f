import { LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  ToggleButton as AriaToggleButton,
  Tooltip,
  TooltipTrigger,
} from 'react-aria-components';
import styles from './Button.module.css';
import { cx } from './cx.ts';

export interface ButtonProps {
  children: ReactNode;
  onPress?: () => void;
  icon?: LucideIcon;
  look?: 'plain' | 'primary' | 'danger' | 'quiet';
  isDisabled?: boolean;
  /** What it started still runs: its mark turns and a press does nothing, but the focus stays. */
  isPending?: boolean;
  /** Id of a text that says more about it. */
  'aria-describedby'?: string;
  /** Says why it is disabled, or what it does beyond its label. */
  hint?: string;
  small?: boolean;
  type?: 'button' | 'submit';
  slot?: string;
}

/** A button with a label. */
export function Button(props: ButtonProps) {
  const { children, icon: Icon, look = 'plain', small = false, hint, onPress, ...more } = props;
  const { isPending = false, ...rest } = more;
  const Shown = isPending ? LoaderCircle : Icon;
  const button = (
    <AriaButton
      {...rest}
      {...(onPress && !isPending ? { onPress: () => onPress() } : {})}
      className={cx(
        styles['button'],
        isPending && styles['pending'],
        styles[look],
        small && styles['small'],
      )}
    >
      {Shown && <Shown size={small ? 14 : 16} aria-hidden />}
      <span>{children}</span>
    </AriaButton>
  );
  return hint ? <Hint text={hint}>{button}</Hint> : button;
}

export interface IconButtonProps {
  label: string;
  icon: LucideIcon;
  onPress?: () => void;
  isDisabled?: boolean;
  /** Keys that do the same, as the sheet writes them. */
  keys?: string | undefined;
  slot?: string;
  small?: boolean;
}

/** A button with an icon; its label is its tooltip and its accessible name. */
export function IconButton(props: IconButtonProps) {
  const { label, icon: Icon, keys, onPress, small = false, ...rest } = props;
  return (
    <Hint text={keys ? `${label} (${keys})` : label}>
      <AriaButton
        {...rest}
        {...(onPress ? { onPress: () => onPress() } : {})}
        aria-label={label}
        className={cx(styles['icon'], small && styles['small'])}
      >
        <Icon size={small ? 14 : 17} aria-hidden />
      </AriaButton>
    </Hint>
  );
}

/** An icon that stays pressed. */
export function IconToggle(
  props: Omit<IconButtonProps, 'onPress'> & { isOn: boolean; onChange: (on: boolean) => void },
) {
  const { label, icon: Icon, keys, isOn, onChange, small = false } = props;
  return (
    <Hint text={keys ? `${label} (${keys})` : label}>
      <AriaToggleButton
        aria-label={label}
        isSelected={isOn}
        onChange={onChange}
        className={cx(styles['icon'], small && styles['small'])}
      >
        <Icon size={small ? 14 : 17} aria-hidden />
      </AriaToggleButton>
    </Hint>
  );
}

function Hint({ text, children }: { text: string; children: ReactNode }) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      {children}
      <Tooltip className={cx(styles['tooltip'])} offset={6}>
        {text}
      </Tooltip>
    </TooltipTrigger>
  );
}
