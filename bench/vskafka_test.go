package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// All ways to read a topic give the workload's answer, or nothing is printed.
func TestVsTopic(t *testing.T) {
	in, out := newPipe()
	go func() { out.CloseWithError(Broker(in.hold, out)) }()
	line := make([]byte, 64)
	n, err := in.Read(line)
	require.NoError(t, err)
	defer close(in.hold.end)
	broker := string(bytes.TrimSpace(line[:n]))
	for _, name := range []string{"kafka-fetch", "kafka-group"} {
		w, err := FindWorkload(name)
		require.NoError(t, err)
		c, err := VsTopic(context.Background(), w, TopicOptions{Rows: 3000, Rounds: 2, Broker: broker})
		require.NoError(t, err)
		require.Len(t, c.Peers, 2)
		for _, s := range append(c.Peers, c.Velo) {
			require.Len(t, s.Values, 2)
		}
		require.Positive(t, c.Ratio(c.Peer(byHand)).Max)
		var text bytes.Buffer
		require.NoError(t, c.Text(&text))
		require.Contains(t, text.String(), byHand)

		right := w.Client
		w.Client = func(ctx context.Context, broker, topic string) ([][]any, error) {
			rows, err := right(ctx, broker, topic)
			return rows[1:], err
		}
		_, err = VsTopic(context.Background(), w, TopicOptions{Rows: 1000, Rounds: 1, Broker: broker})
		require.ErrorContains(t, err, "wrong answer")
	}
	for _, w := range streams() {
		c, err := VsTopic(context.Background(), w, TopicOptions{Rows: 3000, Rounds: 1, Broker: broker})
		require.NoError(t, err)
		require.Len(t, c.Peers, 2)
		require.NotZero(t, c.AnswerRows)

		right := w.Stream
		w.Stream = func(ctx context.Context, broker, from, to string) error {
			return errors.Join(right(ctx, broker, from, to), right(ctx, broker, from, to))
		}
		_, err = VsTopic(context.Background(), w, TopicOptions{Rows: 1000, Rounds: 1, Broker: broker})
		require.ErrorContains(t, err, "wrong answer", w.Name)
	}
	_, err = VsTopic(context.Background(), &Workload{Name: "x"}, TopicOptions{})
	require.ErrorIs(t, err, ErrUsage)
}

// pipe is what the broker prints; hold is its input, which ends with the test.
type pipe struct {
	*io.PipeReader
	hold hold
}

type hold struct{ end chan struct{} }

func (h hold) Read([]byte) (int, error) {
	<-h.end
	return 0, io.EOF
}

func newPipe() (pipe, *io.PipeWriter) {
	r, w := io.Pipe()
	return pipe{r, hold{make(chan struct{})}}, w
}
