package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/velostream/velo/ingest"
)

func scanError(t *testing.T, r *rig, props ...string) error {
	t.Helper()
	c := r.source(t, props...)
	_, err := c.Scan(testContext(t), ingest.Scan{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n", "one line")
	require.NotContains(t, err.Error(), "hunter2", "no secrets")
	return err
}

func testMissingTopic(t *testing.T, r *rig) {
	topic := r.topic(t, 1)
	err := scanError(t, r, "topic", topic+"x")
	require.ErrorContains(t, err, `topic "`+topic+`x" does not exist at `+r.addr+` (did you mean "`+topic+`"?): create it`)
	require.ErrorContains(t, err, "set topic.wait.timeout to wait for it")
	_, err = r.trySink("topic", topic+"x", "topic.wait.timeout", "50ms", "topic.retry.interval", "10ms")
	require.ErrorContains(t, err, "waited for it for topic.wait.timeout=50ms")
	if r.fake == nil { // kfake takes any name
		require.ErrorContains(t, scanError(t, r, "topic", "a b"), `"a b" is no valid name of a topic`)
	}
}

// A broker that makes missing topics does so only when it is asked to.
func TestAutoCreate(t *testing.T) {
	r := fakeRig(t, kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(3))
	require.ErrorContains(t, scanError(t, r, "topic", "fresh"), "does not exist")
	s := r.sink(t, "topic", "fresh", "allow.auto.create.topics", "true")
	require.NoError(t, write(t, s, row{value: "a", at: time.Now().UnixMilli()}))
	require.NoError(t, s.Close(testContext(t), true))
	require.Equal(t, []string{"a"}, read(t, r.source(t, "topic", "fresh", "bounded", "true"), 10, ingest.Scan{}).lines)
}

// A topic that appears while it is waited for is read.
func testLateTopic(t *testing.T, r *rig) {
	topic := r.topic(t, 1) + "late"
	done := make(chan error, 1)
	c := r.source(t, "topic", topic, "bounded", "true", "topic.wait.timeout", "30s", "topic.retry.interval", "20ms")
	ctx := testContext(t)
	go func() {
		pieces, err := c.Scan(ctx, ingest.Scan{Columns: textColumns})
		if err == nil && len(pieces) != 1 {
			err = os.ErrInvalid
		}
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	r.create(t, topic, 1, nil)
	require.NoError(t, <-done)
}

func testDeadBroker(t *testing.T, _ *rig) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	r := &rig{addr: addr}
	want := "kafka at " + addr + ": connection refused: check that the broker runs there and that bootstrap.servers (or --broker) is right"
	require.EqualError(t, scanError(t, r), want)
	_, err = r.trySink()
	require.EqualError(t, err, want)

	r.addr = "no.such.host.invalid:9092"
	require.ErrorContains(t, scanError(t, r), `host "no.such.host.invalid" is not known: check bootstrap.servers`)
}

// A port that accepts and then says nothing.
func TestSilentBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	r := &rig{addr: l.Addr().String()}
	require.ErrorContains(t, scanError(t, r, "socket.timeout.ms", "100", "socket.connection.setup.timeout.ms", "100"), "does not answer")
}

func TestCancelledDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	r := &rig{addr: l.Addr().String()}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err = r.source(t).Scan(ctx, ingest.Scan{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestLogin(t *testing.T) {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.SeedTopics(1, "s"),
		kfake.Superuser("PLAIN", "plain", "hunter2"), kfake.Superuser("SCRAM-SHA-256", "s256", "hunter2"), kfake.Superuser("SCRAM-SHA-512", "s512", "hunter2"))
	require.NoError(t, err)
	defer fake.Close()
	r := &rig{addr: fake.ListenAddrs()[0]}
	checkLogin(t, r, map[string]string{"PLAIN": "plain", "SCRAM-SHA-256": "s256", "SCRAM-SHA-512": "s512"}, "hunter2", "security.protocol", "sasl_plaintext")
	require.ErrorContains(t, scanError(t, r), "may speak another security.protocol than plaintext")
}

// checkLogin reads a topic "s" with each mechanism, and is refused with a wrong
// password.
func checkLogin(t *testing.T, r *rig, users map[string]string, password string, props ...string) {
	t.Helper()
	for mechanism, user := range users {
		right := append([]string{"topic", "s", "bounded", "true", "sasl.mechanism", mechanism, "sasl.username", user, "sasl.password", password}, props...)
		require.NotNil(t, read(t, r.source(t, right...), 10, ingest.Scan{}))
		wrong := append(append([]string{}, right...), "sasl.password", "hunter2x")
		err := scanError(t, r, wrong...)
		// kfake drops the connection of a SCRAM login that failed.
		require.Regexp(t, `(refused the login of|closes the connection while) user "`+user+`" (logs in )?with `+mechanism+`: check sasl.username, sasl.password and sasl.mechanism`, err.Error())
		_, err = r.trySink(wrong...)
		require.ErrorContains(t, err, "check sasl.username")
	}
}

// tlsFiles makes a certificate for 127.0.0.1 that signs itself, and gives the
// files and the server's side.
func tlsFiles(t *testing.T) (dir string, server *tls.Config) {
	t.Helper()
	dir = t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "velo test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	require.NoError(t, err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	kb, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	pk := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kb})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), cert, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), pk, 0o600))
	pair, err := tls.X509KeyPair(cert, pk)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return dir, &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool}
}

func TestTLS(t *testing.T) {
	dir, server := tlsFiles(t)
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(server), kfake.SeedTopics(1, "s"))
	require.NoError(t, err)
	defer fake.Close()
	r := &rig{addr: fake.ListenAddrs()[0]}
	ca := filepath.Join(dir, "cert.pem")
	ssl := func(more ...string) []string {
		return append([]string{"bounded", "true", "security.protocol", "ssl"}, more...)
	}

	require.Empty(t, read(t, r.source(t, ssl("ssl.ca.location", ca)...), 10, ingest.Scan{}).lines)
	require.Empty(t, read(t, r.source(t, ssl("enable.ssl.certificate.verification", "false")...), 10, ingest.Scan{}).lines)
	require.ErrorContains(t, scanError(t, r, ssl()...), "certificate of an unknown authority: set ssl.ca.location")
	require.ErrorContains(t, scanError(t, r, "bounded", "true"), "closes the connection at the first request")
	for file, want := range map[string]string{"none.pem": "ssl.ca.location: open", "key.pem": "holds no certificate"} {
		_, err := r.trySource(ssl("ssl.ca.location", filepath.Join(dir, file))...)
		require.ErrorIs(t, err, ingest.ErrUsage, "no broker is asked")
		require.ErrorContains(t, err, want)
	}

	// The name in the certificate, and without looking at it.
	_, port, err := net.SplitHostPort(r.addr)
	require.NoError(t, err)
	byName := &rig{addr: "localhost:" + port}
	require.ErrorContains(t, scanError(t, byName, ssl("ssl.ca.location", ca)...), "shows a certificate that does not fit")
	require.Empty(t, read(t, byName.source(t, ssl("ssl.ca.location", ca, "ssl.endpoint.identification.algorithm", "none")...), 10, ingest.Scan{}).lines)
	require.ErrorContains(t, scanError(t, byName, ssl("ssl.endpoint.identification.algorithm", "none")...), "unknown authority", "the chain is still checked")
}

func TestClientCertificate(t *testing.T) {
	dir, server := tlsFiles(t)
	server.ClientAuth = tls.RequireAndVerifyClientCert
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(server), kfake.SeedTopics(1, "s"))
	require.NoError(t, err)
	defer fake.Close()
	r := &rig{addr: fake.ListenAddrs()[0]}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	props := []string{"bounded", "true", "security.protocol", "ssl", "ssl.ca.location", cert}
	require.ErrorContains(t, scanError(t, r, props...), "it may want a client certificate")
	props = append(props, "ssl.certificate.location", cert, "ssl.key.location", key)
	require.Empty(t, read(t, r.source(t, props...), 10, ingest.Scan{}).lines)
	props = append(props, "ssl.key.location", cert)
	_, err = r.trySource(props...)
	require.ErrorIs(t, err, ingest.ErrUsage, "no broker is asked")
	require.ErrorContains(t, err, "ssl.certificate.location and ssl.key.location")
}

func TestPlainBrokerWithTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("this is no TLS at all"))
			_ = c.Close()
		}
	}()
	r := &rig{addr: l.Addr().String()}
	require.ErrorContains(t, scanError(t, r, "security.protocol", "ssl"), "does not speak TLS on this port, but security.protocol=ssl: use its TLS port or set security.protocol to plaintext")
}
