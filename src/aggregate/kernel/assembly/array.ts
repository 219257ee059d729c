// Arrays of f64 and i32 in the caller's memory, by address and index.

@inline
export function at(array: usize, index: i32): f64 {
  return load<f64>(array + (<usize>index << 3))
}
@inline
export function put(array: usize, index: i32, value: f64): void {
  store<f64>(array + (<usize>index << 3), value)
}
@inline
export function intAt(array: usize, index: i32): i32 {
  return load<i32>(array + (<usize>index << 2))
}
@inline
export function putInt(array: usize, index: i32, value: i32): void {
  store<i32>(array + (<usize>index << 2), value)
}

/** Sorts `count` values ascending in place. */
export function sortAscending(array: usize, count: i32): void {
  for (let i = 1; i < count; i++) {
    const value = at(array, i)
    let j = i
    for (; j > 0 && at(array, j - 1) > value; j--) put(array, j, at(array, j - 1))
    put(array, j, value)
  }
}

/** Median of `count` values; even: mean of the two middle ones. `scratch` [count]. */
export function median(values: usize, count: i32, scratch: usize): f64 {
  memory.copy(scratch, values, <usize>count << 3)
  sortAscending(scratch, count)
  const upper = at(scratch, count >> 1)
  return (count & 1) == 1 ? upper : (at(scratch, (count >> 1) - 1) + upper) / 2
}
