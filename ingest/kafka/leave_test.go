package kafka

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// deadMember joins a group and is then heard of no more.
func (r *rig) deadMember(t *testing.T, group string) {
	t.Helper()
	ctx := testContext(t)
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.ProtocolType, req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = group, "consumer", 30000, 30000
	p := kmsg.NewJoinGroupRequestProtocol()
	p.Name = "cooperative-sticky"
	meta := kmsg.NewConsumerMemberMetadata()
	p.Metadata = meta.AppendTo(nil)
	req.Protocols = append(req.Protocols, p)
	resp, err := req.RequestWith(ctx, r.cl)
	require.NoError(t, err)
	if kerr.ErrorForCode(resp.ErrorCode) == kerr.MemberIDRequired {
		req.MemberID = resp.MemberID
		resp, err = req.RequestWith(ctx, r.cl)
		require.NoError(t, err)
	}
	require.NoError(t, kerr.ErrorForCode(resp.ErrorCode))
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Group, sync.MemberID, sync.Generation, sync.ProtocolType, sync.Protocol = group, resp.MemberID, resp.Generation, resp.ProtocolType, resp.Protocol
	got, err := sync.RequestWith(ctx, r.cl)
	require.NoError(t, err)
	require.NoError(t, kerr.ErrorForCode(got.ErrorCode))
}

// A member that is stopped while it joins does not wait for one that is dead, and is
// none that the next would have to wait for.
func testLeaveWhileJoining(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "", "a"))
	r.deadMember(t, "g"+topic)
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest")
	require.Empty(t, idle(t, src, 3))
	start := time.Now()
	require.NoError(t, src.Close())
	require.Less(t, time.Since(start), 4*time.Second)
	groups, err := r.adm.DescribeGroups(testContext(t), "g"+topic)
	require.NoError(t, err)
	require.Len(t, groups["g"+topic].Members, 1)
}
