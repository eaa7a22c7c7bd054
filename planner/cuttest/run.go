package cuttest

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// Run runs an application from its beginning, or from where it was cut, to its end
// or, unless batches is negative, to the cut after so many batches; nil: it had ended
// before. Memory that is left is an error.
func Run(app *planner.App, batch int, from *planner.Cut, batches int) (rep planner.Report, cut *planner.Cut, err error) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	stop := make(chan struct{})
	o := planner.RunOptions{Allocator: mem, Poison: true, Stop: stop, From: from, Sizer: &arrowexec.SizerOptions{Strategy: "fixed_size", Size: batch}}
	if batches >= 0 {
		o.Between = func(take func() (*planner.Cut, error)) (err error) {
			if batches--; batches < 0 && cut == nil {
				cut, err = take()
				close(stop)
			}
			return err
		}
	}
	if rep, err = app.Run(context.Background(), o); err != nil {
		return rep, nil, fmt.Errorf("run: %.1500s", err)
	}
	if n := mem.CurrentAlloc(); n != 0 {
		return rep, nil, fmt.Errorf("%d bytes are left", n)
	}
	return rep, cut, nil
}
