package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func main() {
	broker := flag.String("broker", "", "host:port to wait for")
	brokers := flag.Int("brokers", 1, "how many brokers the cluster must name")
	timeout := flag.Duration("timeout", time.Minute, "how long to wait")
	pidfile := flag.String("pidfile", "", "file with the broker's pid: waiting ends when that process ends")
	ports := flag.Int("ports", 0, "print this many free loopback ports and exit")
	flag.Parse()

	var err error
	switch {
	case *ports > 0:
		err = printPorts(*ports)
	case *broker != "":
		ctx, cancel := context.WithTimeout(context.Background(), *timeout)
		err = wait(ctx, *broker, *brokers, *pidfile)
		cancel()
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ready:", err)
		os.Exit(1)
	}
}

// printPorts holds all listeners until the last one is drawn, so that the ports differ.
func printPorts(n int) error {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		out = append(out, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	fmt.Println(strings.Join(out, " "))
	return nil
}

func wait(ctx context.Context, broker string, brokers int, pidfile string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(broker),
		kgo.DialTimeout(time.Second),
		kgo.RequestRetries(0),
		kgo.RequestTimeoutOverhead(2*time.Second),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	seen := false // the pid file may appear after us
	for {
		err := probe(ctx, client, brokers)
		if err == nil {
			return nil
		}
		alive := processAlive(pidfile)
		if seen && !alive {
			return fmt.Errorf("the broker's process ended: %w", err)
		}
		seen = seen || alive
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s not ready in time: %w", broker, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func probe(ctx context.Context, client *kgo.Client, brokers int) error {
	if _, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, client); err != nil {
		return err
	}
	meta, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, client)
	if err != nil {
		return err
	}
	if n := len(meta.Brokers); n < brokers {
		return fmt.Errorf("metadata names %d of %d brokers yet", n, brokers)
	}
	return nil
}

func processAlive(pidfile string) bool {
	text, err := os.ReadFile(pidfile)
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && syscall.Kill(pid, 0) == nil
}
