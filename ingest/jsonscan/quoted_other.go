//go:build !amd64

package jsonscan

const hasQuoted, hasDigits = false, false

func integers(*numbers) {}

func decimals(*numbers) {}

func quoted(*byte, *byte, int) (read, wrote int, high uint64) { return 0, 0, 0 }

func marks(*int32, *byte, int) (found, read int) { return 0, 0 }

func plainMarks(*marking) {}

func sameTexts(*texts) {}
