package planner

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// look is how often a source that had no record is looked at.
const look = 500 * time.Millisecond

// await waits until the sources that do not end, and whose columns nobody knows, have a
// first record, and then compiles the text again: its columns are bound to that record.
func (a *App) await(ctx context.Context, stop <-chan struct{}) (stopped bool, err error) {
	o := a.o
	o.empty = map[string]bool{}
	var names []string
	for _, s := range a.sources {
		if s.unknown && !s.bounded && s.connector != nil {
			o.empty[s.id] = true
			names = append(names, fmt.Sprintf("%q", s.name))
		}
	}
	if len(names) == 0 || a.again == nil {
		return false, nil
	}
	if a.o.Warn != nil {
		a.o.Warn("no record tells the columns of " + strings.Join(names, ", ") + " yet: the run begins with the first; declare columns to begin at once")
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for _, s := range a.sources {
		for o.empty[s.id] {
			schema, err := s.connector.Schema(ctx)
			if err != nil {
				return false, fmt.Errorf("source %q: %w", s.name, err)
			}
			if schema != nil {
				break
			}
			select {
			case <-tick.C:
			case <-stop:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
	}
	next, err := a.again(ctx, o)
	if err != nil {
		return false, err
	}
	err = a.Close()
	a.Statements, a.Warnings, a.sources, a.sinks, a.printed = next.Statements, next.Warnings, next.sources, next.sinks, next.printed
	a.built, a.explained, a.o = nil, next.explained, next.o
	return false, err
}
