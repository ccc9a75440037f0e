/** How often a property is tried: as often as `npm run test:properties` asks for, else `usual` times. */
export function propertyRuns(usual: number): { numRuns: number } {
  const asked = Number(process.env.LODGE_PROPERTY_RUNS ?? usual);
  return { numRuns: Math.max(usual, asked) };
}
