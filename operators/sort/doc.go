// Package sort is ORDER BY, with LIMIT and OFFSET as top-n: stable, NULL as the
// greatest value unless said otherwise, NaN greater than all other numbers, text
// by its bytes.
//
// Read [Operator.Process] for what is kept and [order] for how it is sorted: by
// a 64-bit prefix of the first key in a radix sort, greatest digit first, then by
// comparison inside runs of equal prefixes. Kept rows live on a scope of the operator's own. The
// package imports arrowexec, vec, expr and operators/kept.
package sort
