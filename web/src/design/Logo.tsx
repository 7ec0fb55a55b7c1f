/** The mark of cnilab: two pods and a host on one wire. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" fill="#1d4ed8" />
      <path
        d="M9 11v5a3 3 0 0 0 3 3h8a3 3 0 0 1 3 3M16 19v-8"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
      />
      <g fill="#fff">
        <circle cx="9" cy="9" r="3" />
        <circle cx="16" cy="9" r="3" />
        <circle cx="23" cy="23" r="3" />
      </g>
    </svg>
  );
}
