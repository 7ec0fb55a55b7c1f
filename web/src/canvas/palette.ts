/** The colours of the canvas, as the page's style sheet has them now. */
export interface CanvasColours {
  canvas: string;
  text: string;
  text2: string;
  text3: string;
  hostGround: string;
  hostLine: string;
  podGround: string;
  podLine: string;
  segment: string;
  bridge: string;
  interface: string;
  link: string;
  accent: string;
  accentGround: string;
  ok: string;
  warn: string;
  bad: string;
  work: string;
  idle: string;
  surface: string;
  flash: string;
  font: string;
}

const properties: Record<keyof CanvasColours, string> = {
  canvas: '--canvas',
  text: '--text',
  text2: '--text-2',
  text3: '--text-3',
  hostGround: '--host-ground',
  hostLine: '--host-line',
  podGround: '--pod-ground',
  podLine: '--pod-line',
  segment: '--segment',
  bridge: '--bridge',
  interface: '--interface',
  link: '--link',
  accent: '--accent',
  accentGround: '--accent-ground',
  ok: '--ok',
  warn: '--warn',
  bad: '--bad',
  work: '--work',
  idle: '--idle',
  surface: '--surface',
  flash: '--flash',
  font: '--font',
};

/** Reads the custom properties that apply to `element`; call again when the theme changes. */
export function readColours(element: Element): CanvasColours {
  const style = getComputedStyle(element);
  const value = (key: keyof CanvasColours) => style.getPropertyValue(properties[key]).trim();
  return {
    canvas: value('canvas'),
    text: value('text'),
    text2: value('text2'),
    text3: value('text3'),
    hostGround: value('hostGround'),
    hostLine: value('hostLine'),
    podGround: value('podGround'),
    podLine: value('podLine'),
    segment: value('segment'),
    bridge: value('bridge'),
    interface: value('interface'),
    link: value('link'),
    accent: value('accent'),
    accentGround: value('accentGround'),
    ok: value('ok'),
    warn: value('warn'),
    bad: value('bad'),
    work: value('work'),
    idle: value('idle'),
    surface: value('surface'),
    flash: value('flash'),
    // Cytoscape knows double quotes only.
    font: value('font').replaceAll("'", '"'),
  };
}

/** Eight hues for VLAN edges; the number always stands beside the colour. */
const vlanHues = [265, 150, 25, 200, 330, 90, 45, 235];

export const vlanColour = (vlan: number, isDark: boolean): string =>
  `hsl(${vlanHues[vlan % vlanHues.length] ?? 0}, 60%, ${isDark ? 68 : 38}%)`;

/** Mixes two `#rrggbb` colours; `share` is the part of the first one, 0 to 1. */
export function mix(first: string, second: string, share: number): string {
  const channel = (colour: string, at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  const part = (at: number) =>
    Math.round(channel(first, at) * share + channel(second, at) * (1 - share))
      .toString(16)
      .padStart(2, '0');
  return `#${part(1)}${part(3)}${part(5)}`;
}

export const isDarkColour = (colour: string): boolean =>
  [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(colour.slice(at, at + 2), 16), 0) < 384;
