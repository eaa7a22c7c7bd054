//go:build unix

package file

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// canMap: where addresses are short, large files leave no room for anything else.
const canMap = strconv.IntSize == 64

func mapFile(f *os.File, at int64, n int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), at, n, unix.PROT_READ, unix.MAP_SHARED)
}

func unmap(b []byte) error { return unix.Munmap(b) }
