import type { ComponentProps } from 'react';

/** A region that scrolls. It takes the keyboard's focus, or its end could not be reached with it. */
export function Scroll(props: ComponentProps<'div'> & { label: string }) {
  const { label, ...rest } = props;
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/prefer-tag-over-role -- see above; a section takes no role of its own
  return <div tabIndex={0} role="region" aria-label={label} {...rest} />;
}
