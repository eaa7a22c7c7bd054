package arrowexec

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/velostream/velo/arrowexec/vec"
)

// place is where one pipeline is: in an operator, or in a source. It is written
// when a batch goes in and comes back, for errors that nobody can return.
type place struct {
	node  *Node
	input *Input
}

func (p place) where() string {
	switch {
	case p.node != nil && p.node.Name != "":
		return p.node.Name
	case p.node != nil && p.node.Op != nil:
		name := strings.TrimPrefix(fmt.Sprintf("%T", p.node.Op), "*")
		name, _, _ = strings.Cut(name, ".")
		return name
	case p.input != nil:
		return fmt.Sprintf("source %q", p.input.Name)
	}
	return "the run"
}

// recovered makes an error of a panic: a column that is full is the query's, memory
// that is gone is a mapped file's, see [orFault], all else a bug.
func recovered(p any, where string) error {
	if e, ok := p.(interface{ Addr() uintptr }); ok {
		return fmt.Errorf("%s: a file was cut while it was read: no memory at %#x", where, e.Addr())
	}
	if e, ok := p.(*vec.TooMuch); ok {
		return fmt.Errorf("%s: %w: narrow the input, or keep fewer columns", where, e)
	}
	return fmt.Errorf("bug in velo, please report it: in %s: %v\n%s", where, p, debug.Stack())
}

// orFault makes panics of faults, for this goroutine until the result is called:
// columns may stand in a mapped file, and when that is cut, its bytes are gone.
func orFault() (end func()) {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}
