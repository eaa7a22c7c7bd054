package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
)

// byHand is the program that is written by hand.
const byHand = "franz-go by hand"

// TopicOptions are those of a comparison of ways to read and write topics.
type TopicOptions struct {
	Rows   int64
	Seed   uint64
	Keys   int
	Rounds int
	Broker string
	Self   []string // the command of velo-bench, for a broker of its own
}

// VsTopic measures the engine's two ways to fetch, or to produce where the workload writes
// a topic, and a program that is written by hand. All answers are checked; the first round of each is not counted.
func VsTopic(ctx context.Context, w *Workload, o TopicOptions) (*Comparison, error) {
	if w.Client == nil && w.Stream == nil {
		return nil, usage{fmt.Errorf("workload %s has no consumer written by hand", w.Name)}
	}
	if o.Rounds < 0 {
		return nil, usage{fmt.Errorf("rounds cannot be negative")}
	}
	if o.Rounds == 0 {
		o.Rounds = 5
	}
	if o.Broker == "" {
		addr, stop, err := ownBroker(ctx, o.Self)
		if err != nil {
			return nil, err
		}
		defer stop()
		o.Broker = addr
	}
	b, err := lay(ctx, w, Options{Rows: o.Rows, Seed: o.Seed, Keys: o.Keys, Source: "kafka", Broker: o.Broker})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	defer b.release()
	engine := func(fetch, produce string) func(func(func() error) error) error {
		return func(in func(func() error) error) error {
			b.o.Fetch, b.o.Produce = fetch, produce
			_, err := b.checked(ctx, in)
			return err
		}
	}
	c := &Comparison{Work: w.Name, About: w.About, Unit: CPUPerRow, Rows: b.o.Rows, AnswerRows: len(b.want), Bars: w.Bars}
	var sides []Figures
	var ways []func(in func(func() error) error) error
	way := func(name string, run func(in func(func() error) error) error) {
		sides, ways = append(sides, Figures{Name: name}), append(ways, run)
	}
	if w.Stream == nil {
		way("kafka.fetch=raw", engine("raw", ""))
		way("kafka.fetch=poll", engine("poll", ""))
	} else {
		way("kafka.produce=raw", engine("raw", "raw"))
		way("kafka.produce=client", engine("raw", "client"))
	}
	way(byHand, func(in func(func() error) error) error {
		if w.Stream != nil {
			return b.streamed(ctx, in, func(to string) error { return w.Stream(ctx, b.o.Broker, b.topic, to) })
		}
		var rows [][]any
		err := in(func() (err error) {
			rows, err = w.Client(ctx, b.o.Broker, b.topic)
			return err
		})
		if err == nil {
			err = b.check(rows)
		}
		return err
	})
	for n := range o.Rounds + 1 {
		for i, way := range ways {
			s := &sides[i]
			err := way(func(f func() error) error {
				r, err := measure(f)
				if n > 0 {
					s.Values = append(s.Values, float64(r.CPU)/float64(b.o.Rows))
					s.Allocs = float64(r.Allocs) / float64(b.o.Rows)
				}
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", w.Name, s.Name, err)
			}
		}
	}
	c.Velo, c.Peers = sides[0], sides[1:]
	return c, nil
}

// ownBroker starts a process of velo-bench that is a broker.
func ownBroker(ctx context.Context, self []string) (addr string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, self[0], append(self[1:len(self):len(self)], "broker")...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		in.Close() // it ends with its input
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the broker's process said nothing: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

// Broker is a broker in memory until its input ends; it prints its address.
func Broker(in io.Reader, out io.Writer) error {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintln(out, c.ListenAddrs()[0]); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}
