import { buildChanged } from '../../../server/bin/build.mjs';

/** Boxes run server/dist/agent.js: nobody should ever test yesterday's. */
export default function setup() {
  return buildChanged(['server']);
}
