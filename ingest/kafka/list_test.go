package kafka

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/ingest"
)

func testParts(t *testing.T, r *rig) {
	topic, empty := r.topic(t, 3), r.topic(t, 1)
	r.produce(t, rec(topic, 0, 5, "", "a"), rec(topic, 2, 1, "", "b"), rec(topic, 0, 6, "", "c"))
	ctx := testContext(t)
	want := []ingest.Part{
		{Topic: topic, Partition: 0, First: 0, Next: 2, Records: 2},
		{Topic: topic, Partition: 1, First: 0, Next: 0, Records: 0},
		{Topic: topic, Partition: 2, First: 0, Next: 1, Records: 1},
	}
	got, err := r.source(t, "topic", topic).(ingest.Lister).Parts(ctx)
	require.NoError(t, err)
	require.Equal(t, want, got)

	all, err := Source().Topics(ctx, ingest.SourceSpec{Name: "topics", Props: ingest.PropsOf(map[string]string{"bootstrap.servers": r.addr})})
	require.NoError(t, err)
	all = slices.DeleteFunc(all, func(p ingest.Part) bool { return p.Topic != topic && p.Topic != empty })
	other := ingest.Part{Topic: empty, Partition: 0, First: 0, Next: 0, Records: 0}
	if empty < topic {
		want = append([]ingest.Part{other}, want...)
	} else {
		want = append(want, other)
	}
	require.Equal(t, want, all)
}

func TestSeeks(t *testing.T) {
	for _, c := range []struct {
		props []string
		want  bool
	}{
		{[]string{"topic", "t"}, false},
		{[]string{"topic", "t", "bounded", "true"}, true},
		{[]string{"topic", "t", "end", "latest"}, true},
		{[]string{"topic", "t", "bounded", "true", "group.id", "g"}, false}, // offsets are committed
	} {
		p := ingest.PropsOf(map[string]string{"format": "text"})
		for i := 0; i < len(c.props); i += 2 {
			p.Set(c.props[i], c.props[i+1], "")
		}
		s, err := newConnector(registry(), ingest.SourceSpec{Name: "s", Props: p})
		require.NoError(t, err)
		require.Equal(t, c.want, s.Seeks(), c.props)
	}
}
