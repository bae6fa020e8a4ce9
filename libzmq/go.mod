module github.com/adrastea-kernel/adrastea/libzmq

go 1.26.0

require (
	github.com/adrastea-kernel/adrastea v0.0.0
	github.com/pebbe/zmq4 v1.4.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/prometheus/procfs v0.23.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
)

replace github.com/adrastea-kernel/adrastea => ../
