Errors, warnings and messages of R, and their handlers.

#--- width
options(width = 80)
#--- warning
warning("careful")
#--- warning in function
f <- function(x) { warning("odd: ", x); x }
f(1)
#--- two warnings
f <- function() { warning("one"); warning("two"); "done" }
f()
#--- warnings at each expression
warning("first"); warning("second")
3
#--- ten and more warnings
for (i in 1:11) warning("w", i)
#--- sixty warnings
for (i in 1:60) warning("w", i)
#--- warnings()
f <- function() { warning("kept") }
f()
warnings()
#--- warn 1
options(warn = 1); f <- function() { warning("now"); cat("after\n") }
f()
options(warn = 0)
#--- warn 2
options(warn = 2)
f <- function() warning("to error")
f()
#--- reset warn
options(warn = 0)
#--- conversion warning
as.integer("x")
#--- long warning
f <- function() warning(strrep("long ", 30))
f()
#--- suppressed
suppressWarnings(as.integer("x"))
suppressMessages(message("m"))
#--- error
stop("no")
#--- error in function
f <- function(x) stop("bad ", x)
f(3)
#--- error of a primitive
log("a")
#--- object not found
nothing_here
#--- function not found
no_such_function(1)
#--- error without call
stop("plain", call. = FALSE)
#--- error with long message
f <- function() stop(strrep("long ", 40))
f()
#--- error with two lines
stop("line one\nline two")
#--- classed error
stop(structure(class = c("custom", "error", "condition"), list(message = "mine", call = quote(g(x)))))
#--- error after output
cat("before\n"); print(1); stop("then")
#--- error with warnings
f <- function() { warning("w1"); stop("e1") }
f()
#--- error with several warnings
f <- function() { warning("w1"); warning("w2"); stop("e1") }
f()
#--- error in print method
print.bad <- function(x, ...) { cat("start\n"); stop("in print") }
structure(1, class = "bad")
#--- error in on.exit
f <- function() { on.exit(stop("in on.exit")); 1 }
f()
#--- on.exit runs after error
f <- function() { on.exit(cat("cleanup\n")); stop("e") }
f()
#--- traceback
f <- function() g(); g <- function() stop("deep")
f()
#--- traceback afterwards
traceback()
#--- traceback with lines
f <- function(x) {
  y <- x
  stop("line 3")
}
f(1)
#--- traceback with lines afterwards
traceback()
#--- geterrmessage
geterrmessage()
#--- try
try(stop("caught"))
try(log(-1))
try(stop("silent"), silent = TRUE)
cat("went on\n")
#--- try in a function
f <- function() { r <- try(stop("inner")); cat(class(r), "\n"); 5 }
f()
#--- try, then an error
try(stop("first")); stop("second")
#--- tryCatch
tryCatch(stop("a"), error = function(e) conditionMessage(e))
tryCatch(warning("b"), warning = function(w) w)
tryCatch(5, finally = cat("finally\n"))
#--- withCallingHandlers
withCallingHandlers({ warning("seen"); "value" }, warning = function(w) { message("got ", conditionMessage(w)); invokeRestart("muffleWarning") })
#--- warning condition printed
simpleWarning("x")
simpleError("y")
#--- stopifnot
stopifnot("must be true" = 1 == 2)
#--- match.arg error
f <- function(type = c("one", "two")) match.arg(type)
f("three")
#--- missing argument
f <- function(x) x
f()
#--- subscript
list(1)[[3]]
#--- infinite recursion
options(expressions = 100)
f <- function(n) f(n + 1)
f(1)
#--- after infinite recursion
options(expressions = 5000)
1
#--- failed allocation
numeric(1e15)
#--- error option
options(error = quote(cat("handler ran\n")))
stop("handled")
#--- error option and an error of the lexer
"\q"
#--- error option and an error of the parser
5 x
#--- error option and a repeated argument
function(x, x) 1
#--- after errors of the lexer
geterrmessage()
#--- methods for display that fail
#! that a method has failed is said
print.failing <- function(x, ...) cat("<failing>\n")
repr_html.failing <- function(obj, ...) stop("no repr")
structure(1, class = "failing")
#--- after methods for display that fail
geterrmessage()
#--- error in the error option
options(error = quote(stop("in the handler")))
stop("first")
#--- error in print in the error option
options(error = quote(print(stop("deep in it"))))
f <- function() stop("first")
f()
#--- no error option
options(error = NULL)
#--- hidden error messages
options(show.error.messages = FALSE)
try(stop("unseen"))
options(show.error.messages = TRUE)
#--- show.error.locations
options(show.error.locations = TRUE)
f <- function() stop("where")
f()
#--- no locations
options(show.error.locations = FALSE)
#--- showErrorCalls
options(showErrorCalls = TRUE)
f <- function() stop("x")
f()
#--- missing package
library(notthere)
#--- require a missing package
require(notthere)
#--- library with messages
library(stats4)
#--- detach it
detach("package:stats4")
#--- invokeRestart abort
cat("before\n"); invokeRestart("abort")
#--- globalCallingHandlers
globalCallingHandlers(message = function(m) { cat("global:", conditionMessage(m)); invokeRestart("muffleMessage") })
message("hello")
globalCallingHandlers(NULL)
#--- a global handler of warnings
globalCallingHandlers(warning = function(w) { cat("global\n"); invokeRestart("abort") })
#--- hears of the parser's warnings once
x <- 1.0L
#--- and leaves options alone
globalCallingHandlers(NULL)
cat(getOption("warn"), getOption("keep.parse.data"), "\n")
#--- global handlers gone
message("hello")
#--- time limit
{ setTimeLimit(elapsed = 0.05, transient = TRUE); repeat {} }
#--- after the time limit
1 + 1
#--- vapply error
vapply(1:2, function(i) "a", 1)
#--- do.call error
do.call("stop", list("via do.call"))
#--- error in argument
f <- function(x) { x }
f(stop("lazy error"))
#--- warning then value in print
print.warns <- function(x, ...) { warning("while printing"); cat("p\n") }
structure(1, class = "warns")
#--- message without newline
message("a", appendLF = FALSE); message("b")
#--- warning object
w <- tryCatch(warning("caught w"), warning = identity); w
class(w)
#--- simple condition signalled
signalCondition(simpleCondition("nobody listens"))
#--- restart
withRestarts(invokeRestart("mine", 5), mine = function(x) x * 2)
#--- stop in a loop
for (i in 1:5) if (i == 3) stop("at three") else cat(i, "")
#--- error in sapply
sapply(1:3, function(i) if (i == 2) stop("two") else i)
#--- error in a method
foo <- function(x) UseMethod("foo"); foo.default <- function(x) stop("no method")
foo(1)
#--- error in an S4 method
setGeneric("bar", function(x) standardGeneric("bar"))
setMethod("bar", "numeric", function(x) stop("bar fails"))
bar(1)
#--- no such S4 method
bar("a")
#--- error in a promise
f <- function(x) { force(x); 1 }
f({ cat("forcing\n"); stop("promise") })
#--- recursive default argument
f <- function(x = x) x
f()
#--- warning converted by handler
withCallingHandlers(as.integer("q"), warning = function(w) cat("handled\n"))
#--- deferred warnings of several expressions
as.integer("a"); as.integer("b"); cat("between\n"); as.integer("c")
#--- last.warning
names(warnings())
#--- line directive
#line 100 "other.R"
f <- function() {
  stop("directed")
}
f()
#--- after the line directive
traceback()
