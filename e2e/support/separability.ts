/** How well one number tells two kinds apart: the area under the ROC curve, by the Mann–Whitney statistic. */

/**
 * The probability that a sample of `one` is greater than a sample of `other`, ties counting half: 0.5 when nothing can
 * be told, 0 or 1 when everything can.
 */
export const areaUnderCurve = (one: readonly number[], other: readonly number[]): number => {
  const all = [...one.map((value) => ({ value, mine: true })), ...other.map((value) => ({ value, mine: false }))]
  all.sort((a, b) => a.value - b.value)
  let rankSum = 0
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1
    // samples that are equal share the mean of their ranks
    const rank = (start + 1 + end) / 2
    rankSum += rank * all.slice(start, end).filter(({ mine }) => mine).length
    start = end
  }
  return (rankSum - (one.length * (one.length + 1)) / 2) / (one.length * other.length)
}
