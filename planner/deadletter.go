package planner

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// letters writes dead letters: the original key, value, headers and timestamp,
// with headers that say what was wrong. A sink is opened for the first letter.
type letters struct {
	mu    sync.Mutex
	app   *App
	ctx   context.Context
	sinks map[string]arrowexec.Sink
	pool  *vec.Pool

	// live: the letters of each batch are written when it has gone through, for
	// the run has no end. Else they are held for the order of the input.
	live      bool
	held      []heldLetter
	heldBytes int
	// decoding are letters of the batch that a source is reading, waiting those of
	// batches that have been read and not pushed yet; of live runs.
	decoding map[*source][]heldLetter
	waiting  map[*arrowexec.Batch][]heldLetter
}

var letterOutput = ingest.Output{
	Fields: []arrow.Field{{Name: "value", Type: vec.TypeBinary, Nullable: true}},
	Key:    1, Headers: 2, Time: 3, Deleted: -1,
}

func newLetters(a *App, ctx context.Context) *letters {
	l := &letters{app: a, ctx: ctx, sinks: map[string]arrowexec.Sink{}, pool: vec.NewPool(nil, false),
		decoding: map[*source][]heldLetter{}, waiting: map[*arrowexec.Batch][]heldLetter{}}
	for _, st := range a.Statements {
		l.live = l.live || !st.bound.Bounded
	}
	for _, st := range a.Statements {
		st.failures.Letter = func(x arrowexec.Letter) error { return l.write(st, nil, x) } // late rows take it whatever the policy of errors
		if st.policy != arrowexec.DeadLetter {
			continue
		}
		for _, s := range st.scans {
			if s.failures.Letter == nil {
				s.failures.Policy = arrowexec.DeadLetter
				s.failures.Letter = func(x arrowexec.Letter) error { return l.write(st, s, x) }
			}
		}
	}
	return l
}

// write takes a letter of a statement; s is the source that is decoding, nil for
// a row of a query.
func (l *letters) write(st *Statement, s *source, x arrowexec.Letter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.sink(st); err != nil {
		return err
	}
	h := hold(st, x)
	if l.live && s != nil {
		l.decoding[s] = append(l.decoding[s], h)
		return nil
	}
	l.held = append(l.held, h)
	l.heldBytes += len(x.Key) + len(x.Value)
	if l.live || len(l.held) < maxHeld && l.heldBytes < maxHeldBytes {
		return nil
	}
	return l.release()
}

// put writes one letter.
func (l *letters) put(st *Statement, x arrowexec.Letter) error {
	s, err := l.sink(st)
	if err != nil {
		return err
	}
	sc := l.pool.Open()
	defer sc.Close()
	value, key := vec.NewBuilder(sc, vec.TypeBinary, 1), vec.NewBuilder(sc, vec.TypeBinary, 1)
	put := func(b *vec.Builder, v []byte) {
		if v == nil {
			b.Null()
		} else {
			b.Bytes(v)
		}
	}
	put(value, x.Value)
	put(key, x.Key)
	h := vec.NewBuilder(sc, vec.TypeHeaders, 1)
	header := func(k string, v []byte) {
		h.Children[0].String(k)
		put(h.Children[1], v)
	}
	for _, r := range x.Headers {
		header(r.Key, r.Value)
	}
	header("velo.error", []byte(x.Err.Cause.Error()))
	header("velo.error.class", []byte(x.Err.Class))
	header("velo.source", []byte(x.Err.Source))
	header("velo.partition", strconv.AppendInt(nil, int64(x.Err.Partition), 10))
	header("velo.offset", strconv.AppendInt(nil, x.Err.Offset, 10))
	header("velo.query", []byte(st.Name))
	h.EndList()
	when := vec.NewBuilder(sc, vec.TypeTimestamp, 1)
	when.Int64(x.Timestamp)
	return s.Write(l.ctx, &arrowexec.Batch{Scope: sc, N: 1, Cols: []*vec.Vec{value.Finish(), key.Finish(), h.Finish(), when.Finish()}})
}

// name is where the dead letters of a statement go: the topic or path it names,
// else NAME.dlq after its sink.
func (st *Statement) letterName() string {
	if st.dlq != "" {
		return st.dlq
	}
	return st.Name + ".dlq"
}

func (l *letters) sink(st *Statement) (arrowexec.Sink, error) {
	a, name := l.app, st.letterName()
	if s := l.sinks[name]; s != nil {
		return s, nil
	}
	if open := a.o.SinkFor[strings.ToLower(name)]; open != nil {
		s, err := open(letterOutput)
		if err == nil {
			l.sinks[name] = s
		}
		return s, err
	}
	props := map[string]string{"format": "raw"}
	typ := "file_sink"
	switch {
	case st.dlqPath:
		props["path"] = name
		if strings.Contains(filepath.Base(name), ".capture.") {
			props["format"], props["payload.format"], props["topic"] = "capture", "raw", st.Name+".dlq"
		}
	case a.o.Mode == Run && st.dlq != "":
		typ = "kafka_sink"
		props["topic"] = name
		for _, s := range st.scans {
			for _, p := range s.keys.props.All() {
				if isClientKey(p.Key) {
					props[p.Key] = p.Value
				}
			}
		}
		for k, v := range a.o.Client {
			props[k] = v
		}
		if a.o.Broker != "" && props["bootstrap.servers"] == "" {
			props["bootstrap.servers"] = a.o.Broker
		}
	case a.to(name) != nil:
		to := a.to(name)
		props["path"] = to.Path
		capture := strings.Contains(filepath.Base(to.Path), ".capture")
		if f := to.Props["format"]; capture && f == "" || strings.EqualFold(f, "capture") { // the payload is what was read
			props["format"], props["payload.format"], props["topic"] = "capture", "raw", name
		}
		for k, v := range to.Props {
			props[k] = v
		}
	case a.o.Out != "":
		props["path"] = filepath.Join(a.o.Out, name+".jsonl")
	default:
		return nil, ingest.Usage(fmt.Errorf("dead letters of %s have nowhere to go; give --out DIR, --to %s=PATH, or dead.letter.queue.path", st.Name, name))
	}
	t, ok := a.o.Registry.Sink(typ)
	if !ok {
		return nil, fmt.Errorf("no sink type %s for dead letters", typ)
	}
	s, err := t.Open(l.ctx, a.o.Registry, ingest.SinkSpec{Name: name, Props: ingest.PropsOf(props), Output: letterOutput, Env: a.o.Env})
	if err != nil {
		return nil, fmt.Errorf("dead letter sink %q: %w", name, err)
	}
	l.sinks[name] = s
	return s, nil
}

func (a *App) to(name string) *Binding {
	for i := range a.o.To {
		if strings.EqualFold(a.o.To[i].Name, name) {
			return &a.o.To[i]
		}
	}
	return nil
}

// isClientKey tells whether a key says how to reach a broker.
func isClientKey(k string) bool {
	return k == "bootstrap.servers" || k == "client.id" || strings.HasPrefix(k, "security.") || strings.HasPrefix(k, "sasl.") || strings.HasPrefix(k, "ssl.")
}

// close flushes and closes the sinks.
func (l *letters) close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	l.ctx = ctx // an interrupted run writes the letters that it holds
	first := l.abandoned()
	for name, s := range l.sinks {
		err := s.Flush(ctx)
		if cerr := s.Close(ctx, true); err == nil { // a letter of a failed run is worth keeping
			err = cerr
		}
		if err != nil && first == nil {
			first = fmt.Errorf("dead letter sink %q: %w", name, err)
		}
	}
	l.pool.Close()
	return first
}
