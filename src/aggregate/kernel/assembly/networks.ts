// Written by scripts/generate-networks.mjs; never edited by hand.
import { image } from './image'

/** Inputs that are sorted in registers. */
export const RUN: i32 = 8
/** The largest number of inputs whose runs are merged by a network. */
export const NETWORK_MAX: i32 = 32

type Sort = (start: usize, stride: usize, keys: usize, length: usize, groups: i32) => void
type Merge = (keys: usize, groups: i32) => void

function sort1(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    v128.store(keys, x0, 0)
    start += 16
    keys += length
  }
}

function sort2(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    start += 16
    keys += length
  }
}

function sort3(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    from += stride
    let x2 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    start += 16
    keys += length
  }
}

function sort4(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    from += stride
    let x2 = image(v128.load(from))
    from += stride
    let x3 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
    low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
    low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    start += 16
    keys += length
  }
}

function sort5(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    from += stride
    let x2 = image(v128.load(from))
    from += stride
    let x3 = image(v128.load(from))
    from += stride
    let x4 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
    low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
    low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    start += 16
    keys += length
  }
}

function sort6(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    from += stride
    let x2 = image(v128.load(from))
    from += stride
    let x3 = image(v128.load(from))
    from += stride
    let x4 = image(v128.load(from))
    from += stride
    let x5 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
    low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
    low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
    low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
    low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    start += 16
    keys += length
  }
}

function sort7(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    from += stride
    let x2 = image(v128.load(from))
    from += stride
    let x3 = image(v128.load(from))
    from += stride
    let x4 = image(v128.load(from))
    from += stride
    let x5 = image(v128.load(from))
    from += stride
    let x6 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
    low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
    low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
    low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
    low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
    low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
    low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    start += 16
    keys += length
  }
}

function sort8(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let from = start
    let x0 = image(v128.load(from))
    from += stride
    let x1 = image(v128.load(from))
    from += stride
    let x2 = image(v128.load(from))
    from += stride
    let x3 = image(v128.load(from))
    from += stride
    let x4 = image(v128.load(from))
    from += stride
    let x5 = image(v128.load(from))
    from += stride
    let x6 = image(v128.load(from))
    from += stride
    let x7 = image(v128.load(from))
    let low: v128
    low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
    low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
    low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
    low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
    low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
    low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
    low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
    low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
    low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
    low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
    low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    start += 16
    keys += length
  }
}

function merge9x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 144
  }
}

function merge9x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    keys += 144
  }
}

function merge9x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    x6 = i32x4.min_s(x6, x8)
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    keys += 144
  }
}

function merge9x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    x6 = i32x4.min_s(x6, x8)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    x5 = i32x4.min_s(x5, x6)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    keys += 144
  }
}

function merge9x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x8 = v128.load(keys, 128)
    x8 = i32x4.max_s(x0, x8)
    x4 = i32x4.min_s(x4, x8)
    x4 = i32x4.max_s(x2, x4)
    x3 = i32x4.min_s(x3, x5)
    x4 = i32x4.max_s(x3, x4)
    v128.store(keys, x4, 64)
    keys += 144
  }
}

function merge10x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 160
  }
}

function merge10x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 160
  }
}

function merge10x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    keys += 160
  }
}

function merge10x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    x5 = i32x4.min_s(x5, x9)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    x6 = i32x4.min_s(x6, x8)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    keys += 160
  }
}

function merge10x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    x5 = i32x4.min_s(x5, x9)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    x6 = i32x4.min_s(x6, x8)
    x4 = i32x4.max_s(x3, x4)
    x5 = i32x4.min_s(x5, x6)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    keys += 160
  }
}

function merge11x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 176
  }
}

function merge11x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 176
  }
}

function merge11x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 176
  }
}

function merge11x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    keys += 176
  }
}

function merge11x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    x5 = i32x4.min_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    x6 = i32x4.min_s(x6, x8)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    keys += 176
  }
}

function merge11x5(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    x8 = i32x4.max_s(x4, x8)
    x5 = i32x4.min_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x5 = i32x4.max_s(x3, x5)
    x6 = i32x4.min_s(x6, x8)
    x5 = i32x4.min_s(x5, x6)
    v128.store(keys, x5, 80)
    keys += 176
  }
}

function merge12x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    keys += 192
  }
}

function merge12x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 192
  }
}

function merge12x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 192
  }
}

function merge12x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 192
  }
}

function merge12x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    keys += 192
  }
}

function merge12x5(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    x3 = i32x4.min_s(x3, x11)
    x8 = i32x4.max_s(x4, x8)
    x5 = i32x4.min_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x5 = i32x4.max_s(x3, x5)
    x6 = i32x4.min_s(x6, x8)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    keys += 192
  }
}

function merge13x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    keys += 208
  }
}

function merge13x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    x11 = i32x4.min_s(x11, x12)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    keys += 208
  }
}

function merge13x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 208
  }
}

function merge13x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 208
  }
}

function merge13x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    x4 = i32x4.min_s(x4, x12)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 208
  }
}

function merge13x5(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    x4 = i32x4.min_s(x4, x12)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    keys += 208
  }
}

function merge13x6(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    x3 = i32x4.min_s(x3, x11)
    x4 = i32x4.min_s(x4, x12)
    x8 = i32x4.max_s(x4, x8)
    x5 = i32x4.min_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x5 = i32x4.max_s(x3, x5)
    x6 = i32x4.min_s(x6, x8)
    x6 = i32x4.max_s(x5, x6)
    v128.store(keys, x6, 96)
    keys += 208
  }
}

function merge14x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    keys += 224
  }
}

function merge14x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    keys += 224
  }
}

function merge14x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    x11 = i32x4.min_s(x11, x12)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    keys += 224
  }
}

function merge14x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    x5 = i32x4.min_s(x5, x13)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 224
  }
}

function merge14x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    x5 = i32x4.min_s(x5, x13)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 224
  }
}

function merge14x5(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    x4 = i32x4.min_s(x4, x12)
    x5 = i32x4.min_s(x5, x13)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 224
  }
}

function merge14x6(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    x4 = i32x4.min_s(x4, x12)
    x5 = i32x4.min_s(x5, x13)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    x6 = i32x4.max_s(x5, x6)
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    keys += 224
  }
}

function merge15x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    keys += 240
  }
}

function merge15x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x13 = i32x4.min_s(x13, x14)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    keys += 240
  }
}

function merge15x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    keys += 240
  }
}

function merge15x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    x11 = i32x4.min_s(x11, x12)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    keys += 240
  }
}

function merge15x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 240
  }
}

function merge15x5(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 240
  }
}

function merge15x6(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    x4 = i32x4.min_s(x4, x12)
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    x7 = i32x4.min_s(x7, x9)
    x6 = i32x4.max_s(x5, x6)
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 240
  }
}

function merge15x7(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    x11 = i32x4.max_s(x3, x11)
    x4 = i32x4.min_s(x4, x12)
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    x8 = i32x4.max_s(x4, x8)
    x9 = i32x4.max_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x8 = i32x4.max_s(x6, x8)
    x7 = i32x4.min_s(x7, x9)
    x7 = i32x4.min_s(x7, x8)
    v128.store(keys, x7, 112)
    keys += 240
  }
}

function merge16x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    keys += 256
  }
}

function merge16x1(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    keys += 256
  }
}

function merge16x2(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    x2 = i32x4.max_s(x1, x2)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x13 = i32x4.min_s(x13, x14)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    keys += 256
  }
}

function merge16x3(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    keys += 256
  }
}

function merge16x4(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    x11 = i32x4.min_s(x11, x12)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    keys += 256
  }
}

function merge16x5(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 256
  }
}

function merge16x6(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    x8 = i32x4.max_s(x4, x8)
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    x6 = i32x4.max_s(x5, x6)
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 256
  }
}

function merge16x7(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let low: v128
    x8 = i32x4.max_s(x0, x8)
    x9 = i32x4.max_s(x1, x9)
    x10 = i32x4.max_s(x2, x10)
    x11 = i32x4.max_s(x3, x11)
    x4 = i32x4.min_s(x4, x12)
    x5 = i32x4.min_s(x5, x13)
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    x8 = i32x4.max_s(x4, x8)
    x9 = i32x4.max_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x8 = i32x4.max_s(x6, x8)
    x7 = i32x4.min_s(x7, x9)
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    keys += 256
  }
}

function merge17x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    keys += 272
  }
}

function merge17x8(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    x9 = i32x4.max_s(x1, x9)
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    x4 = i32x4.max_s(x2, x4)
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    x11 = i32x4.min_s(x11, x12)
    x16 = i32x4.max_s(x0, x16)
    x8 = i32x4.min_s(x8, x16)
    x8 = i32x4.max_s(x4, x8)
    x9 = i32x4.max_s(x5, x9)
    x6 = i32x4.min_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x8 = i32x4.max_s(x6, x8)
    x7 = i32x4.min_s(x7, x9)
    x8 = i32x4.max_s(x7, x8)
    v128.store(keys, x8, 128)
    keys += 272
  }
}

function merge18x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    keys += 288
  }
}

function merge18x8(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    x1 = i32x4.min_s(x1, x2)
    x4 = i32x4.max_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    x9 = i32x4.min_s(x9, x17)
    x8 = i32x4.max_s(x4, x8)
    x9 = i32x4.max_s(x5, x9)
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    x7 = i32x4.min_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x8 = i32x4.max_s(x6, x8)
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    x10 = i32x4.min_s(x10, x12)
    x8 = i32x4.max_s(x7, x8)
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    keys += 288
  }
}

function merge19x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    keys += 304
  }
}

function merge19x9(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    x2 = i32x4.min_s(x2, x4)
    x5 = i32x4.max_s(x3, x5)
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x16 = i32x4.max_s(x8, x16)
    x9 = i32x4.min_s(x9, x17)
    x10 = i32x4.min_s(x10, x18)
    x9 = i32x4.max_s(x5, x9)
    x10 = i32x4.max_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x9 = i32x4.max_s(x7, x9)
    x10 = i32x4.min_s(x10, x12)
    x9 = i32x4.min_s(x9, x10)
    v128.store(keys, x9, 144)
    keys += 304
  }
}

function merge20x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    keys += 320
  }
}

function merge20x9(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    x3 = i32x4.min_s(x3, x4)
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x16 = i32x4.max_s(x8, x16)
    x9 = i32x4.min_s(x9, x17)
    x10 = i32x4.min_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x9 = i32x4.max_s(x5, x9)
    x10 = i32x4.max_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x9 = i32x4.max_s(x7, x9)
    x10 = i32x4.min_s(x10, x12)
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    keys += 320
  }
}

function merge21x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    keys += 336
  }
}

function merge21x10(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    x6 = i32x4.min_s(x6, x14)
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x16 = i32x4.max_s(x8, x16)
    x9 = i32x4.min_s(x9, x17)
    x10 = i32x4.min_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x9 = i32x4.max_s(x5, x9)
    x10 = i32x4.max_s(x6, x10)
    x7 = i32x4.min_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x9 = i32x4.max_s(x7, x9)
    x10 = i32x4.min_s(x10, x12)
    x10 = i32x4.max_s(x9, x10)
    v128.store(keys, x10, 160)
    keys += 336
  }
}

function merge22x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    keys += 352
  }
}

function merge22x10(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x13 = i32x4.min_s(x13, x14)
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    x16 = i32x4.max_s(x8, x16)
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    x10 = i32x4.min_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x9 = i32x4.max_s(x5, x9)
    x10 = i32x4.max_s(x6, x10)
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    x12 = i32x4.min_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x9 = i32x4.max_s(x7, x9)
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    x11 = i32x4.min_s(x11, x13)
    x10 = i32x4.max_s(x9, x10)
    x11 = i32x4.min_s(x11, x12)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    keys += 352
  }
}

function merge23x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    keys += 368
  }
}

function merge23x11(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x13 = i32x4.min_s(x13, x14)
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x6 = i32x4.min_s(x6, x22)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x10 = i32x4.min_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x10 = i32x4.max_s(x6, x10)
    x11 = i32x4.max_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x12 = i32x4.max_s(x10, x12)
    x11 = i32x4.min_s(x11, x13)
    x11 = i32x4.min_s(x11, x12)
    v128.store(keys, x11, 176)
    keys += 368
  }
}

function merge24x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    keys += 384
  }
}

function merge24x11(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x13 = i32x4.min_s(x13, x14)
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x6 = i32x4.min_s(x6, x22)
    x7 = i32x4.min_s(x7, x23)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x10 = i32x4.min_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x10 = i32x4.max_s(x6, x10)
    x11 = i32x4.max_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x12 = i32x4.max_s(x10, x12)
    x11 = i32x4.min_s(x11, x13)
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    keys += 384
  }
}

function merge25x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    keys += 400
  }
}

function merge25x12(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    x13 = i32x4.min_s(x13, x14)
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x6 = i32x4.min_s(x6, x22)
    x7 = i32x4.min_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x10 = i32x4.min_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x10 = i32x4.max_s(x6, x10)
    x11 = i32x4.max_s(x7, x11)
    x12 = i32x4.min_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x12 = i32x4.max_s(x10, x12)
    x11 = i32x4.min_s(x11, x13)
    x12 = i32x4.max_s(x11, x12)
    v128.store(keys, x12, 192)
    keys += 400
  }
}

function merge26x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    keys += 416
  }
}

function merge26x12(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    x7 = i32x4.min_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x10 = i32x4.max_s(x6, x10)
    x11 = i32x4.max_s(x7, x11)
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    x13 = i32x4.min_s(x13, x17)
    x14 = i32x4.min_s(x14, x18)
    x12 = i32x4.max_s(x10, x12)
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    x14 = i32x4.min_s(x14, x16)
    x12 = i32x4.max_s(x11, x12)
    x13 = i32x4.min_s(x13, x14)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    keys += 416
  }
}

function merge27x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x10, x26); x26 = i32x4.max_s(x10, x26); x10 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    v128.store(keys, x26, 416)
    keys += 432
  }
}

function merge27x13(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x22 = i32x4.max_s(x6, x22)
    x7 = i32x4.min_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x10 = i32x4.min_s(x10, x26)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x18 = i32x4.max_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x11 = i32x4.max_s(x7, x11)
    x16 = i32x4.max_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x14 = i32x4.min_s(x14, x18)
    x13 = i32x4.max_s(x11, x13)
    x14 = i32x4.min_s(x14, x16)
    x13 = i32x4.min_s(x13, x14)
    v128.store(keys, x13, 208)
    keys += 432
  }
}

function merge28x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x10, x26); x26 = i32x4.max_s(x10, x26); x10 = low
    low = i32x4.min_s(x11, x27); x27 = i32x4.max_s(x11, x27); x11 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    v128.store(keys, x26, 416)
    v128.store(keys, x27, 432)
    keys += 448
  }
}

function merge28x13(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x22 = i32x4.max_s(x6, x22)
    x7 = i32x4.min_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x10 = i32x4.min_s(x10, x26)
    x11 = i32x4.min_s(x11, x27)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x18 = i32x4.max_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x11 = i32x4.max_s(x7, x11)
    x16 = i32x4.max_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x14 = i32x4.min_s(x14, x18)
    x13 = i32x4.max_s(x11, x13)
    x14 = i32x4.min_s(x14, x16)
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    keys += 448
  }
}

function merge29x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x10, x26); x26 = i32x4.max_s(x10, x26); x10 = low
    low = i32x4.min_s(x11, x27); x27 = i32x4.max_s(x11, x27); x11 = low
    low = i32x4.min_s(x12, x28); x28 = i32x4.max_s(x12, x28); x12 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    v128.store(keys, x26, 416)
    v128.store(keys, x27, 432)
    v128.store(keys, x28, 448)
    keys += 464
  }
}

function merge29x14(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    x7 = i32x4.min_s(x7, x15)
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x22 = i32x4.max_s(x6, x22)
    x7 = i32x4.min_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x10 = i32x4.min_s(x10, x26)
    x11 = i32x4.min_s(x11, x27)
    x12 = i32x4.min_s(x12, x28)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x18 = i32x4.max_s(x10, x18)
    x11 = i32x4.min_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x11 = i32x4.max_s(x7, x11)
    x16 = i32x4.max_s(x12, x16)
    x13 = i32x4.min_s(x13, x17)
    x14 = i32x4.min_s(x14, x18)
    x13 = i32x4.max_s(x11, x13)
    x14 = i32x4.min_s(x14, x16)
    x14 = i32x4.max_s(x13, x14)
    v128.store(keys, x14, 224)
    keys += 464
  }
}

function merge30x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let x29 = v128.load(keys, 464)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x21, x29); x29 = i32x4.max_s(x21, x29); x21 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x10, x26); x26 = i32x4.max_s(x10, x26); x10 = low
    low = i32x4.min_s(x11, x27); x27 = i32x4.max_s(x11, x27); x11 = low
    low = i32x4.min_s(x12, x28); x28 = i32x4.max_s(x12, x28); x12 = low
    low = i32x4.min_s(x13, x29); x29 = i32x4.max_s(x13, x29); x13 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    v128.store(keys, x26, 416)
    v128.store(keys, x27, 432)
    v128.store(keys, x28, 448)
    v128.store(keys, x29, 464)
    keys += 480
  }
}

function merge30x14(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let x29 = v128.load(keys, 464)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x21, x29); x29 = i32x4.max_s(x21, x29); x21 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x22 = i32x4.max_s(x6, x22)
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x10 = i32x4.min_s(x10, x26)
    x11 = i32x4.min_s(x11, x27)
    x12 = i32x4.min_s(x12, x28)
    x13 = i32x4.min_s(x13, x29)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x18 = i32x4.max_s(x10, x18)
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x15 = i32x4.min_s(x15, x23)
    x11 = i32x4.max_s(x7, x11)
    x16 = i32x4.max_s(x12, x16)
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    x14 = i32x4.min_s(x14, x18)
    x15 = i32x4.min_s(x15, x19)
    x13 = i32x4.max_s(x11, x13)
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    x15 = i32x4.min_s(x15, x17)
    x14 = i32x4.max_s(x13, x14)
    x15 = i32x4.min_s(x15, x16)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    keys += 480
  }
}

function merge31x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let x29 = v128.load(keys, 464)
    let x30 = v128.load(keys, 480)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x21, x29); x29 = i32x4.max_s(x21, x29); x21 = low
    low = i32x4.min_s(x22, x30); x30 = i32x4.max_s(x22, x30); x22 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x29, x30); x30 = i32x4.max_s(x29, x30); x29 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x10, x26); x26 = i32x4.max_s(x10, x26); x10 = low
    low = i32x4.min_s(x11, x27); x27 = i32x4.max_s(x11, x27); x11 = low
    low = i32x4.min_s(x12, x28); x28 = i32x4.max_s(x12, x28); x12 = low
    low = i32x4.min_s(x13, x29); x29 = i32x4.max_s(x13, x29); x13 = low
    low = i32x4.min_s(x14, x30); x30 = i32x4.max_s(x14, x30); x14 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x29, x30); x30 = i32x4.max_s(x29, x30); x29 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    v128.store(keys, x26, 416)
    v128.store(keys, x27, 432)
    v128.store(keys, x28, 448)
    v128.store(keys, x29, 464)
    v128.store(keys, x30, 480)
    keys += 496
  }
}

function merge31x15(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let x29 = v128.load(keys, 464)
    let x30 = v128.load(keys, 480)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x21, x29); x29 = i32x4.max_s(x21, x29); x21 = low
    low = i32x4.min_s(x22, x30); x30 = i32x4.max_s(x22, x30); x22 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x29, x30); x30 = i32x4.max_s(x29, x30); x29 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x22 = i32x4.max_s(x6, x22)
    x23 = i32x4.max_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x10 = i32x4.min_s(x10, x26)
    x11 = i32x4.min_s(x11, x27)
    x12 = i32x4.min_s(x12, x28)
    x13 = i32x4.min_s(x13, x29)
    x14 = i32x4.min_s(x14, x30)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x18 = i32x4.max_s(x10, x18)
    x19 = i32x4.max_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x15 = i32x4.min_s(x15, x23)
    x16 = i32x4.max_s(x12, x16)
    x17 = i32x4.max_s(x13, x17)
    x14 = i32x4.min_s(x14, x18)
    x15 = i32x4.min_s(x15, x19)
    x16 = i32x4.max_s(x14, x16)
    x15 = i32x4.min_s(x15, x17)
    x15 = i32x4.min_s(x15, x16)
    v128.store(keys, x15, 240)
    keys += 496
  }
}

function merge32x0(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let x29 = v128.load(keys, 464)
    let x30 = v128.load(keys, 480)
    let x31 = v128.load(keys, 496)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x21, x29); x29 = i32x4.max_s(x21, x29); x21 = low
    low = i32x4.min_s(x22, x30); x30 = i32x4.max_s(x22, x30); x22 = low
    low = i32x4.min_s(x23, x31); x31 = i32x4.max_s(x23, x31); x23 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x29, x30); x30 = i32x4.max_s(x29, x30); x29 = low
    low = i32x4.min_s(x0, x16); x16 = i32x4.max_s(x0, x16); x0 = low
    low = i32x4.min_s(x1, x17); x17 = i32x4.max_s(x1, x17); x1 = low
    low = i32x4.min_s(x2, x18); x18 = i32x4.max_s(x2, x18); x2 = low
    low = i32x4.min_s(x3, x19); x19 = i32x4.max_s(x3, x19); x3 = low
    low = i32x4.min_s(x4, x20); x20 = i32x4.max_s(x4, x20); x4 = low
    low = i32x4.min_s(x5, x21); x21 = i32x4.max_s(x5, x21); x5 = low
    low = i32x4.min_s(x6, x22); x22 = i32x4.max_s(x6, x22); x6 = low
    low = i32x4.min_s(x7, x23); x23 = i32x4.max_s(x7, x23); x7 = low
    low = i32x4.min_s(x8, x24); x24 = i32x4.max_s(x8, x24); x8 = low
    low = i32x4.min_s(x9, x25); x25 = i32x4.max_s(x9, x25); x9 = low
    low = i32x4.min_s(x10, x26); x26 = i32x4.max_s(x10, x26); x10 = low
    low = i32x4.min_s(x11, x27); x27 = i32x4.max_s(x11, x27); x11 = low
    low = i32x4.min_s(x12, x28); x28 = i32x4.max_s(x12, x28); x12 = low
    low = i32x4.min_s(x13, x29); x29 = i32x4.max_s(x13, x29); x13 = low
    low = i32x4.min_s(x14, x30); x30 = i32x4.max_s(x14, x30); x14 = low
    low = i32x4.min_s(x15, x31); x31 = i32x4.max_s(x15, x31); x15 = low
    low = i32x4.min_s(x8, x16); x16 = i32x4.max_s(x8, x16); x8 = low
    low = i32x4.min_s(x9, x17); x17 = i32x4.max_s(x9, x17); x9 = low
    low = i32x4.min_s(x10, x18); x18 = i32x4.max_s(x10, x18); x10 = low
    low = i32x4.min_s(x11, x19); x19 = i32x4.max_s(x11, x19); x11 = low
    low = i32x4.min_s(x12, x20); x20 = i32x4.max_s(x12, x20); x12 = low
    low = i32x4.min_s(x13, x21); x21 = i32x4.max_s(x13, x21); x13 = low
    low = i32x4.min_s(x14, x22); x22 = i32x4.max_s(x14, x22); x14 = low
    low = i32x4.min_s(x15, x23); x23 = i32x4.max_s(x15, x23); x15 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x12, x16); x16 = i32x4.max_s(x12, x16); x12 = low
    low = i32x4.min_s(x13, x17); x17 = i32x4.max_s(x13, x17); x13 = low
    low = i32x4.min_s(x14, x18); x18 = i32x4.max_s(x14, x18); x14 = low
    low = i32x4.min_s(x15, x19); x19 = i32x4.max_s(x15, x19); x15 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x14, x16); x16 = i32x4.max_s(x14, x16); x14 = low
    low = i32x4.min_s(x15, x17); x17 = i32x4.max_s(x15, x17); x15 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x29, x30); x30 = i32x4.max_s(x29, x30); x29 = low
    v128.store(keys, x0, 0)
    v128.store(keys, x1, 16)
    v128.store(keys, x2, 32)
    v128.store(keys, x3, 48)
    v128.store(keys, x4, 64)
    v128.store(keys, x5, 80)
    v128.store(keys, x6, 96)
    v128.store(keys, x7, 112)
    v128.store(keys, x8, 128)
    v128.store(keys, x9, 144)
    v128.store(keys, x10, 160)
    v128.store(keys, x11, 176)
    v128.store(keys, x12, 192)
    v128.store(keys, x13, 208)
    v128.store(keys, x14, 224)
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    v128.store(keys, x17, 272)
    v128.store(keys, x18, 288)
    v128.store(keys, x19, 304)
    v128.store(keys, x20, 320)
    v128.store(keys, x21, 336)
    v128.store(keys, x22, 352)
    v128.store(keys, x23, 368)
    v128.store(keys, x24, 384)
    v128.store(keys, x25, 400)
    v128.store(keys, x26, 416)
    v128.store(keys, x27, 432)
    v128.store(keys, x28, 448)
    v128.store(keys, x29, 464)
    v128.store(keys, x30, 480)
    v128.store(keys, x31, 496)
    keys += 512
  }
}

function merge32x15(keys: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    let x0 = v128.load(keys, 0)
    let x1 = v128.load(keys, 16)
    let x2 = v128.load(keys, 32)
    let x3 = v128.load(keys, 48)
    let x4 = v128.load(keys, 64)
    let x5 = v128.load(keys, 80)
    let x6 = v128.load(keys, 96)
    let x7 = v128.load(keys, 112)
    let x8 = v128.load(keys, 128)
    let x9 = v128.load(keys, 144)
    let x10 = v128.load(keys, 160)
    let x11 = v128.load(keys, 176)
    let x12 = v128.load(keys, 192)
    let x13 = v128.load(keys, 208)
    let x14 = v128.load(keys, 224)
    let x15 = v128.load(keys, 240)
    let x16 = v128.load(keys, 256)
    let x17 = v128.load(keys, 272)
    let x18 = v128.load(keys, 288)
    let x19 = v128.load(keys, 304)
    let x20 = v128.load(keys, 320)
    let x21 = v128.load(keys, 336)
    let x22 = v128.load(keys, 352)
    let x23 = v128.load(keys, 368)
    let x24 = v128.load(keys, 384)
    let x25 = v128.load(keys, 400)
    let x26 = v128.load(keys, 416)
    let x27 = v128.load(keys, 432)
    let x28 = v128.load(keys, 448)
    let x29 = v128.load(keys, 464)
    let x30 = v128.load(keys, 480)
    let x31 = v128.load(keys, 496)
    let low: v128
    low = i32x4.min_s(x0, x8); x8 = i32x4.max_s(x0, x8); x0 = low
    low = i32x4.min_s(x1, x9); x9 = i32x4.max_s(x1, x9); x1 = low
    low = i32x4.min_s(x2, x10); x10 = i32x4.max_s(x2, x10); x2 = low
    low = i32x4.min_s(x3, x11); x11 = i32x4.max_s(x3, x11); x3 = low
    low = i32x4.min_s(x4, x12); x12 = i32x4.max_s(x4, x12); x4 = low
    low = i32x4.min_s(x5, x13); x13 = i32x4.max_s(x5, x13); x5 = low
    low = i32x4.min_s(x6, x14); x14 = i32x4.max_s(x6, x14); x6 = low
    low = i32x4.min_s(x7, x15); x15 = i32x4.max_s(x7, x15); x7 = low
    low = i32x4.min_s(x16, x24); x24 = i32x4.max_s(x16, x24); x16 = low
    low = i32x4.min_s(x17, x25); x25 = i32x4.max_s(x17, x25); x17 = low
    low = i32x4.min_s(x18, x26); x26 = i32x4.max_s(x18, x26); x18 = low
    low = i32x4.min_s(x19, x27); x27 = i32x4.max_s(x19, x27); x19 = low
    low = i32x4.min_s(x20, x28); x28 = i32x4.max_s(x20, x28); x20 = low
    low = i32x4.min_s(x21, x29); x29 = i32x4.max_s(x21, x29); x21 = low
    low = i32x4.min_s(x22, x30); x30 = i32x4.max_s(x22, x30); x22 = low
    low = i32x4.min_s(x23, x31); x31 = i32x4.max_s(x23, x31); x23 = low
    low = i32x4.min_s(x4, x8); x8 = i32x4.max_s(x4, x8); x4 = low
    low = i32x4.min_s(x5, x9); x9 = i32x4.max_s(x5, x9); x5 = low
    low = i32x4.min_s(x6, x10); x10 = i32x4.max_s(x6, x10); x6 = low
    low = i32x4.min_s(x7, x11); x11 = i32x4.max_s(x7, x11); x7 = low
    low = i32x4.min_s(x20, x24); x24 = i32x4.max_s(x20, x24); x20 = low
    low = i32x4.min_s(x21, x25); x25 = i32x4.max_s(x21, x25); x21 = low
    low = i32x4.min_s(x22, x26); x26 = i32x4.max_s(x22, x26); x22 = low
    low = i32x4.min_s(x23, x27); x27 = i32x4.max_s(x23, x27); x23 = low
    low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
    low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
    low = i32x4.min_s(x6, x8); x8 = i32x4.max_s(x6, x8); x6 = low
    low = i32x4.min_s(x7, x9); x9 = i32x4.max_s(x7, x9); x7 = low
    low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
    low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
    low = i32x4.min_s(x18, x20); x20 = i32x4.max_s(x18, x20); x18 = low
    low = i32x4.min_s(x19, x21); x21 = i32x4.max_s(x19, x21); x19 = low
    low = i32x4.min_s(x22, x24); x24 = i32x4.max_s(x22, x24); x22 = low
    low = i32x4.min_s(x23, x25); x25 = i32x4.max_s(x23, x25); x23 = low
    low = i32x4.min_s(x26, x28); x28 = i32x4.max_s(x26, x28); x26 = low
    low = i32x4.min_s(x27, x29); x29 = i32x4.max_s(x27, x29); x27 = low
    low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
    low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
    low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
    low = i32x4.min_s(x7, x8); x8 = i32x4.max_s(x7, x8); x7 = low
    low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
    low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
    low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
    low = i32x4.min_s(x17, x18); x18 = i32x4.max_s(x17, x18); x17 = low
    low = i32x4.min_s(x19, x20); x20 = i32x4.max_s(x19, x20); x19 = low
    low = i32x4.min_s(x21, x22); x22 = i32x4.max_s(x21, x22); x21 = low
    low = i32x4.min_s(x23, x24); x24 = i32x4.max_s(x23, x24); x23 = low
    low = i32x4.min_s(x25, x26); x26 = i32x4.max_s(x25, x26); x25 = low
    low = i32x4.min_s(x27, x28); x28 = i32x4.max_s(x27, x28); x27 = low
    low = i32x4.min_s(x29, x30); x30 = i32x4.max_s(x29, x30); x29 = low
    x16 = i32x4.max_s(x0, x16)
    x17 = i32x4.max_s(x1, x17)
    x18 = i32x4.max_s(x2, x18)
    x19 = i32x4.max_s(x3, x19)
    x20 = i32x4.max_s(x4, x20)
    x21 = i32x4.max_s(x5, x21)
    x22 = i32x4.max_s(x6, x22)
    x23 = i32x4.max_s(x7, x23)
    x8 = i32x4.min_s(x8, x24)
    x9 = i32x4.min_s(x9, x25)
    x10 = i32x4.min_s(x10, x26)
    x11 = i32x4.min_s(x11, x27)
    x12 = i32x4.min_s(x12, x28)
    x13 = i32x4.min_s(x13, x29)
    x14 = i32x4.min_s(x14, x30)
    x15 = i32x4.min_s(x15, x31)
    x16 = i32x4.max_s(x8, x16)
    x17 = i32x4.max_s(x9, x17)
    x18 = i32x4.max_s(x10, x18)
    x19 = i32x4.max_s(x11, x19)
    x12 = i32x4.min_s(x12, x20)
    x13 = i32x4.min_s(x13, x21)
    x14 = i32x4.min_s(x14, x22)
    x15 = i32x4.min_s(x15, x23)
    x16 = i32x4.max_s(x12, x16)
    x17 = i32x4.max_s(x13, x17)
    x14 = i32x4.min_s(x14, x18)
    x15 = i32x4.min_s(x15, x19)
    x16 = i32x4.max_s(x14, x16)
    x15 = i32x4.min_s(x15, x17)
    low = i32x4.min_s(x15, x16); x16 = i32x4.max_s(x15, x16); x15 = low
    v128.store(keys, x15, 240)
    v128.store(keys, x16, 256)
    keys += 512
  }
}

// By table and not by name, so that the compiler does not make one function of all of them.
const SORTS: StaticArray<Sort | null> = [
  null, sort1, sort2, sort3, sort4, sort5, sort6, sort7,
  sort8,
]

/** At 16 m + b. */
const MERGES: StaticArray<Merge | null> = [
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, null,
  merge9x0, merge9x1, merge9x2, merge9x3, merge9x4, null, null, null,
  null, null, null, null, null, null, null, null,
  merge10x0, merge10x1, merge10x2, merge10x3, merge10x4, null, null, null,
  null, null, null, null, null, null, null, null,
  merge11x0, merge11x1, merge11x2, merge11x3, merge11x4, merge11x5, null, null,
  null, null, null, null, null, null, null, null,
  merge12x0, merge12x1, merge12x2, merge12x3, merge12x4, merge12x5, null, null,
  null, null, null, null, null, null, null, null,
  merge13x0, merge13x1, merge13x2, merge13x3, merge13x4, merge13x5, merge13x6, null,
  null, null, null, null, null, null, null, null,
  merge14x0, merge14x1, merge14x2, merge14x3, merge14x4, merge14x5, merge14x6, null,
  null, null, null, null, null, null, null, null,
  merge15x0, merge15x1, merge15x2, merge15x3, merge15x4, merge15x5, merge15x6, merge15x7,
  null, null, null, null, null, null, null, null,
  merge16x0, merge16x1, merge16x2, merge16x3, merge16x4, merge16x5, merge16x6, merge16x7,
  null, null, null, null, null, null, null, null,
  merge17x0, null, null, null, null, null, null, null,
  merge17x8, null, null, null, null, null, null, null,
  merge18x0, null, null, null, null, null, null, null,
  merge18x8, null, null, null, null, null, null, null,
  merge19x0, null, null, null, null, null, null, null,
  null, merge19x9, null, null, null, null, null, null,
  merge20x0, null, null, null, null, null, null, null,
  null, merge20x9, null, null, null, null, null, null,
  merge21x0, null, null, null, null, null, null, null,
  null, null, merge21x10, null, null, null, null, null,
  merge22x0, null, null, null, null, null, null, null,
  null, null, merge22x10, null, null, null, null, null,
  merge23x0, null, null, null, null, null, null, null,
  null, null, null, merge23x11, null, null, null, null,
  merge24x0, null, null, null, null, null, null, null,
  null, null, null, merge24x11, null, null, null, null,
  merge25x0, null, null, null, null, null, null, null,
  null, null, null, null, merge25x12, null, null, null,
  merge26x0, null, null, null, null, null, null, null,
  null, null, null, null, merge26x12, null, null, null,
  merge27x0, null, null, null, null, null, null, null,
  null, null, null, null, null, merge27x13, null, null,
  merge28x0, null, null, null, null, null, null, null,
  null, null, null, null, null, merge28x13, null, null,
  merge29x0, null, null, null, null, null, null, null,
  null, null, null, null, null, null, merge29x14, null,
  merge30x0, null, null, null, null, null, null, null,
  null, null, null, null, null, null, merge30x14, null,
  merge31x0, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, merge31x15,
  merge32x0, null, null, null, null, null, null, null,
  null, null, null, null, null, null, null, merge32x15,
]

/**
 * Loads four coordinates of 1 to 8 inputs, `stride` bytes apart, and stores their integer images at keys, ascending lane by
 * lane; then the next four, `length` bytes further at keys, for as many groups.
 */
export function sortRun(
  count: i32,
  start: usize,
  stride: usize,
  keys: usize,
  length: usize,
  groups: i32,
): void {
  const sort = unchecked(SORTS[count])
  if (sort === null) unreachable()
  else sort(start, stride, keys, length, groups)
}

/**
 * Merges the sorted runs of keys [groups, m]. When b are dropped from each end, only those that are left are put where
 * they belong.
 * @returns whether there is a network for it; nothing was done otherwise
 */
export function mergeRuns(m: i32, b: i32, keys: usize, groups: i32): bool {
  if (m > NETWORK_MAX || b > 15) return false
  const merge = unchecked(MERGES[(m << 4) + b])
  if (merge === null) return false
  merge(keys, groups)
  return true
}
