import { explainError } from '../../base/errors.ts';
import type { Known } from '../../model/known.ts';

/** Facts, or why they cannot be had. */
export async function known<T>(observe: () => Promise<T>): Promise<Known<T>> {
  try {
    return { facts: await observe() };
  } catch (error) {
    return { reason: explainError(error) };
  }
}
