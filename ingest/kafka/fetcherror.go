package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// pollError gives the first error of a poll that waiting does not mend.
func (c *Config) pollError(fetches kgo.Fetches) error {
	var found error
	fetches.EachError(func(_ string, partition int32, err error) {
		if found == nil {
			found = c.fetchError(partition, err)
		}
	})
	return found
}

func (c *Config) fetchError(partition int32, err error) error {
	var loss *kgo.ErrDataLoss
	var group *kgo.ErrGroupSession
	var broker *kerr.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil
	case errors.As(err, &loss):
		return nil // the client goes on where auto.offset.reset says, and logs it
	case errors.As(err, &group):
		if !errors.As(err, &broker) || broker.Retriable {
			return nil
		}
		if broker == kerr.FencedInstanceID {
			return fmt.Errorf("kafka: another process joined group %q with group.instance.id=%s: give each its own", c.Group, c.InstanceID)
		}
		if broker == kerr.GroupAuthorizationFailed {
			return fmt.Errorf("kafka: user %q may not use group %q: ask for the permission, or set group.id", c.User, c.Group)
		}
		return fmt.Errorf("kafka: group %q: %w", c.Group, err)
	case errors.Is(err, kerr.OffsetOutOfRange):
		return fmt.Errorf("kafka: the position in partition %d of topic %q is gone (deleted by retention) and auto.offset.reset is none: set start, or auto.offset.reset=earliest: %w", partition, c.Topic, err)
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return fmt.Errorf("kafka: topic %q was deleted while it was read: %w", c.Topic, err)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return c.topicError(err)
	case errors.As(err, &broker) && broker.Retriable:
		return nil
	case partition >= 0:
		return fmt.Errorf("kafka: reading partition %d of topic %q: %w", partition, c.Topic, err)
	}
	return fmt.Errorf("kafka: reading topic %q: %w", c.Topic, err)
}
