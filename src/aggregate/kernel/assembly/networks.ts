// Written by scripts/generate-networks.mjs; never edited by hand.
import { image } from './image'

/** The largest number of inputs that a network is there for. */
export const NETWORK_MAX: i32 = 16

// 1 comparators
function sort2(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  v128.store(keys, x0, 0)
  v128.store(keys, x1, 16)
}

// 3 comparators
function sort3(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  v128.store(keys, x0, 0)
  v128.store(keys, x1, 16)
  v128.store(keys, x2, 32)
}

// 5 comparators
function sort4(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
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
}

// 9 comparators
function sort5(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
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
}

// 12 comparators
function sort6(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
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
}

// 16 comparators
function sort7(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
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
}

// 19 comparators
function sort8(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
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
}

// 28 comparators
function sort9(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
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
}

// 32 comparators
function sort10(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
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
}

// 38 comparators
function sort11(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let x10 = image(v128.load(from + 10 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
  low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
  low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
  low = i32x4.min_s(x8, x10); x10 = i32x4.max_s(x8, x10); x8 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
  low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
  low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
  low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
  low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
  low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
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
}

// 42 comparators
function sort12(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let x10 = image(v128.load(from + 10 * stride))
  let x11 = image(v128.load(from + 11 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
  low = i32x4.min_s(x10, x11); x11 = i32x4.max_s(x10, x11); x10 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
  low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
  low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
  low = i32x4.min_s(x8, x10); x10 = i32x4.max_s(x8, x10); x8 = low
  low = i32x4.min_s(x9, x11); x11 = i32x4.max_s(x9, x11); x9 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
  low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
  low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
  low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
  low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
  low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
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
}

// 48 comparators
function sort13(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let x10 = image(v128.load(from + 10 * stride))
  let x11 = image(v128.load(from + 11 * stride))
  let x12 = image(v128.load(from + 12 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
  low = i32x4.min_s(x10, x11); x11 = i32x4.max_s(x10, x11); x10 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
  low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
  low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
  low = i32x4.min_s(x8, x10); x10 = i32x4.max_s(x8, x10); x8 = low
  low = i32x4.min_s(x9, x11); x11 = i32x4.max_s(x9, x11); x9 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
  low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
  low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
  low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
  low = i32x4.min_s(x8, x12); x12 = i32x4.max_s(x8, x12); x8 = low
  low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
  low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
  low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
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
}

// 53 comparators
function sort14(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let x10 = image(v128.load(from + 10 * stride))
  let x11 = image(v128.load(from + 11 * stride))
  let x12 = image(v128.load(from + 12 * stride))
  let x13 = image(v128.load(from + 13 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
  low = i32x4.min_s(x10, x11); x11 = i32x4.max_s(x10, x11); x10 = low
  low = i32x4.min_s(x12, x13); x13 = i32x4.max_s(x12, x13); x12 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
  low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
  low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
  low = i32x4.min_s(x8, x10); x10 = i32x4.max_s(x8, x10); x8 = low
  low = i32x4.min_s(x9, x11); x11 = i32x4.max_s(x9, x11); x9 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
  low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
  low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
  low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
  low = i32x4.min_s(x8, x12); x12 = i32x4.max_s(x8, x12); x8 = low
  low = i32x4.min_s(x9, x13); x13 = i32x4.max_s(x9, x13); x9 = low
  low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
  low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
  low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
  low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
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
}

// 59 comparators
function sort15(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let x10 = image(v128.load(from + 10 * stride))
  let x11 = image(v128.load(from + 11 * stride))
  let x12 = image(v128.load(from + 12 * stride))
  let x13 = image(v128.load(from + 13 * stride))
  let x14 = image(v128.load(from + 14 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
  low = i32x4.min_s(x10, x11); x11 = i32x4.max_s(x10, x11); x10 = low
  low = i32x4.min_s(x12, x13); x13 = i32x4.max_s(x12, x13); x12 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
  low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
  low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
  low = i32x4.min_s(x8, x10); x10 = i32x4.max_s(x8, x10); x8 = low
  low = i32x4.min_s(x9, x11); x11 = i32x4.max_s(x9, x11); x9 = low
  low = i32x4.min_s(x12, x14); x14 = i32x4.max_s(x12, x14); x12 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
  low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
  low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
  low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
  low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
  low = i32x4.min_s(x8, x12); x12 = i32x4.max_s(x8, x12); x8 = low
  low = i32x4.min_s(x9, x13); x13 = i32x4.max_s(x9, x13); x9 = low
  low = i32x4.min_s(x10, x14); x14 = i32x4.max_s(x10, x14); x10 = low
  low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
  low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
  low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
  low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
  low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
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
}

// 63 comparators
function sort16(from: usize, stride: usize, keys: usize): void {
  let x0 = image(v128.load(from + 0 * stride))
  let x1 = image(v128.load(from + 1 * stride))
  let x2 = image(v128.load(from + 2 * stride))
  let x3 = image(v128.load(from + 3 * stride))
  let x4 = image(v128.load(from + 4 * stride))
  let x5 = image(v128.load(from + 5 * stride))
  let x6 = image(v128.load(from + 6 * stride))
  let x7 = image(v128.load(from + 7 * stride))
  let x8 = image(v128.load(from + 8 * stride))
  let x9 = image(v128.load(from + 9 * stride))
  let x10 = image(v128.load(from + 10 * stride))
  let x11 = image(v128.load(from + 11 * stride))
  let x12 = image(v128.load(from + 12 * stride))
  let x13 = image(v128.load(from + 13 * stride))
  let x14 = image(v128.load(from + 14 * stride))
  let x15 = image(v128.load(from + 15 * stride))
  let low: v128
  low = i32x4.min_s(x0, x1); x1 = i32x4.max_s(x0, x1); x0 = low
  low = i32x4.min_s(x2, x3); x3 = i32x4.max_s(x2, x3); x2 = low
  low = i32x4.min_s(x4, x5); x5 = i32x4.max_s(x4, x5); x4 = low
  low = i32x4.min_s(x6, x7); x7 = i32x4.max_s(x6, x7); x6 = low
  low = i32x4.min_s(x8, x9); x9 = i32x4.max_s(x8, x9); x8 = low
  low = i32x4.min_s(x10, x11); x11 = i32x4.max_s(x10, x11); x10 = low
  low = i32x4.min_s(x12, x13); x13 = i32x4.max_s(x12, x13); x12 = low
  low = i32x4.min_s(x14, x15); x15 = i32x4.max_s(x14, x15); x14 = low
  low = i32x4.min_s(x0, x2); x2 = i32x4.max_s(x0, x2); x0 = low
  low = i32x4.min_s(x1, x3); x3 = i32x4.max_s(x1, x3); x1 = low
  low = i32x4.min_s(x4, x6); x6 = i32x4.max_s(x4, x6); x4 = low
  low = i32x4.min_s(x5, x7); x7 = i32x4.max_s(x5, x7); x5 = low
  low = i32x4.min_s(x8, x10); x10 = i32x4.max_s(x8, x10); x8 = low
  low = i32x4.min_s(x9, x11); x11 = i32x4.max_s(x9, x11); x9 = low
  low = i32x4.min_s(x12, x14); x14 = i32x4.max_s(x12, x14); x12 = low
  low = i32x4.min_s(x13, x15); x15 = i32x4.max_s(x13, x15); x13 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
  low = i32x4.min_s(x0, x4); x4 = i32x4.max_s(x0, x4); x0 = low
  low = i32x4.min_s(x1, x5); x5 = i32x4.max_s(x1, x5); x1 = low
  low = i32x4.min_s(x2, x6); x6 = i32x4.max_s(x2, x6); x2 = low
  low = i32x4.min_s(x3, x7); x7 = i32x4.max_s(x3, x7); x3 = low
  low = i32x4.min_s(x8, x12); x12 = i32x4.max_s(x8, x12); x8 = low
  low = i32x4.min_s(x9, x13); x13 = i32x4.max_s(x9, x13); x9 = low
  low = i32x4.min_s(x10, x14); x14 = i32x4.max_s(x10, x14); x10 = low
  low = i32x4.min_s(x11, x15); x15 = i32x4.max_s(x11, x15); x11 = low
  low = i32x4.min_s(x2, x4); x4 = i32x4.max_s(x2, x4); x2 = low
  low = i32x4.min_s(x3, x5); x5 = i32x4.max_s(x3, x5); x3 = low
  low = i32x4.min_s(x10, x12); x12 = i32x4.max_s(x10, x12); x10 = low
  low = i32x4.min_s(x11, x13); x13 = i32x4.max_s(x11, x13); x11 = low
  low = i32x4.min_s(x1, x2); x2 = i32x4.max_s(x1, x2); x1 = low
  low = i32x4.min_s(x3, x4); x4 = i32x4.max_s(x3, x4); x3 = low
  low = i32x4.min_s(x5, x6); x6 = i32x4.max_s(x5, x6); x5 = low
  low = i32x4.min_s(x9, x10); x10 = i32x4.max_s(x9, x10); x9 = low
  low = i32x4.min_s(x11, x12); x12 = i32x4.max_s(x11, x12); x11 = low
  low = i32x4.min_s(x13, x14); x14 = i32x4.max_s(x13, x14); x13 = low
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
}

/**
 * Loads four coordinates of m inputs (2 to 16), `stride` bytes apart, and stores their integer images
 * sorted ascending, lane by lane, at keys [m].
 */
export function sortNetwork(m: i32, from: usize, stride: usize, keys: usize): void {
  switch (m) {
    case 2:
      return sort2(from, stride, keys)
    case 3:
      return sort3(from, stride, keys)
    case 4:
      return sort4(from, stride, keys)
    case 5:
      return sort5(from, stride, keys)
    case 6:
      return sort6(from, stride, keys)
    case 7:
      return sort7(from, stride, keys)
    case 8:
      return sort8(from, stride, keys)
    case 9:
      return sort9(from, stride, keys)
    case 10:
      return sort10(from, stride, keys)
    case 11:
      return sort11(from, stride, keys)
    case 12:
      return sort12(from, stride, keys)
    case 13:
      return sort13(from, stride, keys)
    case 14:
      return sort14(from, stride, keys)
    case 15:
      return sort15(from, stride, keys)
    case 16:
      return sort16(from, stride, keys)
    default:
      unreachable()
  }
}
