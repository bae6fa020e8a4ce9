module github.com/adrastea-kernel/adrastea/libzmq

go 1.26.0

require (
	github.com/adrastea-kernel/adrastea v0.0.0
	github.com/pebbe/zmq4 v1.4.0
)

replace github.com/adrastea-kernel/adrastea => ../
