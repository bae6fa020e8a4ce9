Programs that are run in the kernel and in plain R; see console_test.go. Where
a program fails, its last expression does: R's console would run the rest.

#--- width
options(width = 80)
#--- number
1
#--- several values
1; 2
"a"
TRUE
#--- assignment
x <- 5
y = 6
7 -> z
x + y + z
#--- NULL
NULL
#--- invisible
invisible(3)
#--- last value invisible
5
invisible(6)
#--- .Last.value
invisible(41) + 1
.Last.value
.Last.value + 1
#--- same value twice
v <- c(1.5, 2)
v
v
#--- function twice
f <- function(x) cat("in f\n")
f
f()
f
#--- primitive twice
c
c(print(1), 2)
#--- base types
c(a = 1L, b = NA)
1:30
c(1.5, NA, Inf, -Inf, NaN)
c(TRUE, NA)
c("a", NA, "quote\"d")
1i
as.raw(c(0, 255))
character(0)
integer(0)
list()
factor(c("u", "v", NA))
#--- nested list
list(1, a = "b", list(c = 2, list()), NULL, function(x) x)
#--- wide vector
seq(0.001, 1000, length.out = 47)
#--- matrix and array
matrix(1:6, 2, dimnames = list(NULL, c("a", "b", "c")))
array(1:8, c(2, 2, 2))
matrix(character(0), 0, 3)
#--- data frames
data.frame(x = 1:3, y = letters[1:3])
data.frame()
data.frame(x = integer(0))
head(mtcars, 2)
#--- dates
as.Date("2024-02-29")
as.POSIXct("2024-02-29 12:00:00", tz = "UTC")
as.difftime(3, units = "mins")
#--- formula and calls
y ~ x + z
quote(f(x, y = 2))
quote(x)
expression(a + b, c)
#--- environments
globalenv()
emptyenv()
baseenv()
#--- functions with source
function(x,   y) {   # a comment
  x +    y
}
#--- function printed from source
g <- function(a,
              b = 2)   {
  a   *  b # kept
}
g
#--- keep.source off
options(keep.source = FALSE)
h <- function(a)    a # lost
h
options(keep.source = TRUE)
#--- srcref of a later expression
1; k <- function(x) { x } # tail
k
attr(k, "srcref")
as.integer(attr(k, "srcref"))
#--- lines of the source file
m <- function() {
  1
}
getSrcLines <- attr(attr(m, "srcref"), "srcfile")$lines
getSrcLines
rm(getSrcLines)
#--- S3
print.thing <- function(x, ...) { cat("<thing ", unclass(x), ">\n", sep = ""); invisible(x) }
structure(7, class = "thing")
list(structure(8, class = "thing"))
format.other <- function(x, ...) "other!"
structure(list(1), class = "none")
#--- S4
setClass("P", representation(name = "character"))
new("P", name = "Ada")
setMethod("show", "P", function(object) cat("P:", object@name, "\n"))
new("P", name = "Ada")
#--- reference class
Acc <- setRefClass("Acc", fields = list(n = "numeric"), methods = list(add = function(x) { n <<- n + x; invisible(.self) }))
a <- Acc$new(n = 1)
a$add(2)
a$n
a
#--- print without newline
print.nn <- function(x, ...) cat("no newline")
structure(1, class = "nn")
#--- loops print nothing
for (i in 1:3) i
#--- loop with output
for (i in 1:3) { print(i); cat("c", i, "\n") }
#--- if else
if (x > 100) "big" else "small"
if (FALSE) 1
#--- semicolons and comments
1;  # one
2 ; 3   # two
# three
4
#--- empty statement
2;;
#! a syntax error anywhere in the cell runs nothing of it
#--- only a comment
# nothing at all
#--- empty

#--- blanks

   

#--- pipe and lambda
c(4, 9) |> sqrt()
(\(x) x + 1)(2)
sapply(1:3, \(i) i^2)
#--- raw string
r"(C:\path "q")"
r"---[a
b]---"
#--- long string
"line one
line two"
#--- unicode
"Grüße, 世界 🎉"
x <- "é"; nchar(x)
"\u00e9\t\\"
#--- unicode names
größe <- 3
größe
`non syntactic` <- 4
`non syntactic`
#--- invalid bytes
"\xff"
x <- "a\xffb"; x
cat("a\xffb\n")
#! bytes that are not UTF-8 are escaped as R prints them; plain R writes them raw
#--- latin1
x <- "fa\xE7ile"; Encoding(x) <- "latin1"; x
#--- semicolon at the end
5;
#--- operator as code
`+`
#--- if on two lines at top level
{
  if (TRUE)
    1
  else
    2
}
#--- cat and print
cat("a", "b\n", sep = "-"); cat("no newline"); cat("\n")
print("x"); print(1:3)
writeLines(c("l1", "l2"))
message("to stderr")
cat("err\n", file = stderr())
#--- invisible from function
f <- function() invisible(9)
f()
(f())
x <- f()
#--- assign functions
assign("q1", 3)
q1
(q2 <- 4)
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
#--- global handlers gone
message("hello")
#--- task callback
addTaskCallback(function(expr, value, ok, visible) { cat("callback:", deparse(expr), class(value), ok, visible, "\n"); FALSE }, name = "t")
#--- task callback ran
getTaskCallbackNames()
#--- task callback with expressions
id <- addTaskCallback(function(expr, value, ok, visible) { cat("[", deparse(expr), visible, "]\n"); TRUE })
x <- 1; x + 1
f <- function(a) { a }
removeTaskCallback(id)
#--- sys.call and frames
f <- function() { print(sys.call()); print(sys.nframe()); parent.frame() }
f()
sys.calls()
sys.nframe()
#--- sys.calls in a function
f <- function() sys.calls()
f()
#--- match.call
f <- function(x, ...) match.call()
f(1, y = 2)
#--- substitute and deparse
f <- function(x) deparse(substitute(x))
f(a + b)
substitute(x)
#--- Recall and local
local({ a <- 2; a * 3 })
(function(n) if (n < 2) 1 else n * Recall(n - 1))(5)
#--- interactive
interactive()
#--- eval of text
eval(parse(text = "1 + 1"))
eval(quote(invisible(3)))
evalq(x, globalenv())
#--- parse error in parse
parse(text = "x y")
#--- source echo
tf <- tempfile(); writeLines(c("1 + 1", "y <- 3 # c", "y"), tf)
source(tf)
source(tf, echo = TRUE)
source(tf, print.eval = TRUE)
#--- capture
capture.output(print(1), cat("x\n"))
#--- sink
tf <- tempfile(); sink(tf); print(1); cat("hidden\n"); 2
sink()
readLines(tf)
#--- sink of messages
con <- file(tempfile(), "w"); sink(con, type = "message"); message("gone"); sink(type = "message"); close(con)
message("back")
#--- textConnection
tc <- textConnection("a\nb"); readLines(tc); close(tc)
#--- options
options(digits = 3); pi
options(digits = 7); pi
options(scipen = 100); 1e10
options(scipen = 0); 1e10
options(width = 40); 1:30
options(width = 80); 1:30
options(OutDec = ","); 1.5
options(OutDec = ".")
#--- max.print
options(max.print = 5); 1:10
options(max.print = 99999)
#--- prompt option
options(prompt = "R> ", continue = "- ")
f <- function() {
  1
}
f()
options(prompt = "> ", continue = "+ ")
#--- syntax error
x y
#--- syntax error in a bracket
f(1, 2))
#--- unexpected string
"a" "b"
#--- unexpected assignment
5 -> 6 <- 7 = 8 )
#--- unexpected else
else 3
#--- bad number
3x
#--- unexpected input
x <- 5 @ 3 $ 7 # fine so far
#--- reserved word
if <- 3
#--- bad escape
"\q"
#--- multi line syntax error
f <- function(x) {
  x + ) 1
}
#! the second line of the message says where in the cell
#--- invalid assignment
5 <- 3
#--- target of assignment
f() <- 3
#--- integer literal warning
1.5L
100000000000L
0x1.1p2L
#--- numbers
0xFF
1e-300
1e5
100000
123456789.123
.1 + .2
1/3
-0.0
5 %/% 2; 5 %% 2
1e-20
c(1e10, 1)
#--- system
system("echo from child")
#--- system stderr
system("echo child error >&2")
#--- system status
system("exit 3")
x <- system("exit 4"); x
#--- system intern
system("printf 'a\\nb\\n'", intern = TRUE)
system2("echo", c("x", "y"))
system2("echo", "captured", stdout = TRUE)
#--- system failing
system("no-such-command-here 2>/dev/null")
#--- parallel
library(parallel)
unlist(mclapply(1:4, function(i) i^2, mc.cores = 2))
detach("package:parallel")
#--- print in a forked child
x <- parallel::mclapply(1:2, function(i) { cat("child\n"); i }, mc.cores = 1)
unlist(x)
#--- finalizer
e <- new.env(); reg.finalizer(e, function(x) cat("finalized\n"))
rm(e); invisible(gc())
#--- random numbers
set.seed(1); runif(2)
rnorm(1)
#--- random state is untouched
set.seed(42)
runif(1)
runif(1)
#--- str and summary
str(list(a = 1, b = "x"))
summary(c(1, 2, 3))
summary(data.frame(a = 1:3))
#--- lm
fit <- lm(mpg ~ wt, mtcars)
fit
summary(fit)
#--- table
table(c("a", "b", "a"))
#--- ls
rm(list = ls())
a1 <- 1; b1 <- 2
ls()
#--- search
search()
#--- loaded namespaces
sort(loadedNamespaces())
#--- readline
x <- readline("who? ")
#< Ada
x
#--- two readlines
x <- c(readline("one: "), readline("two: "))
#< 1
#< 2
x
#--- menu
menu(c("yes", "no"))
#< 2
#--- menu with title
menu(c("a", "b"), title = "Choose")
#< 1
#--- scan
x <- scan(n = 2)
#< 3
#< 4.5
x
#--- scan text
scan(what = "", nmax = 2, quiet = TRUE)
#< one
#< two
#--- readLines
x <- readLines(stdin(), n = 2)
#< first
#< second
x
#--- readline in a function
ask <- function() { cat("asking\n"); a <- readline("? "); paste("got", a) }
ask()
#< it
#--- readline in a print method
print.asks <- function(x, ...) { cat("printing\n"); a <- readline("p? "); cat("said", a, "\n") }
structure(1, class = "asks")
#< hi
#--- askYesNo
askYesNo("sure?")
#< y
#--- browser
f <- function() { x <- 7; browser(); x + 1 }
f()
#< x
#< x <- 9
#< c
#--- browser at top level
browser()
#< 1 + 1
#< c
#--- browser Q
f <- function() { browser(); cat("never\n") }
f()
#< Q
#--- error in browser
f <- function() { browser(); "end" }
f()
#< stop("inside")
#< c
#--- debug
f <- function(a) {
  b <- a + 1
  b * 2
}
debug(f)
f(3)
#< n
#< n
#< n
#--- undebug
undebug(f)
f(3)
#--- debugonce
g <- function() {
  1
}
debugonce(g); g()
#< c
#--- trace
trace("sum", quote(cat("traced\n")), print = FALSE)
sum(1, 2)
untrace("sum")
#--- tracing calls
trace(nchar)
nchar("abc")
untrace(nchar)
#--- recover
options(error = recover)
f <- function() stop("to recover")
f()
#< 0
#! R prints the error before the question; the cell ends with it again
#--- recover off
options(error = NULL)
#--- long input line
x <- "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; nchar(x)
#--- txtProgressBar
pb <- txtProgressBar(max = 3, style = 3); for (i in 1:3) setTxtProgressBar(pb, i); close(pb)
#--- carriage return
cat("50%\r100%\n")
#--- ansi
cat("\033[31mred\033[0m\n")
#--- flush
cat("x"); flush(stdout()); flush.console(); cat("y\n")
#--- print empty string
""
cat("")
#--- Sys.time class
class(Sys.time())
#--- gc visible
class(gc())
#--- time limit
{ setTimeLimit(elapsed = 0.05, transient = TRUE); repeat {} }
#--- after the time limit
1 + 1
#--- memory of the last value
1:3
identical(.Last.value, 1:3)
#--- assign to .Last.value
.Last.value <- 5
rm(.Last.value)
#--- active binding
makeActiveBinding("now", function() { cat("active\n"); 42 }, globalenv())
now
rm(now)
#--- delayed
delayedAssign("lazy", { cat("forced\n"); 1 })
lazy
lazy
#--- repeat and break
i <- 0; repeat { i <- i + 1; if (i > 3) break }; i
#--- switch fallthrough invisible
switch("z", a = 1)
f <- function() switch("b", a = 1, b = 2); f()
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
#--- nested functions and visibility
f <- function() { x <- 5 }
f()
y <- f(); y
(x <- 2)
#--- if invisible
if (TRUE) invisible(3)
#--- NULL from for
for (i in 1) 5
x <- for (i in 1) 5; x
#--- library invisible
library(stats)
suppressPackageStartupMessages(library(tools))
detach("package:tools")
#--- Encoding in output
iconv("é", "UTF-8", "latin1")
enc2native("ü")
#--- bytes
charToRaw("é")
utf8ToInt("€")
#--- dput
dput(list(a = 1:3, f = function(x) x))
#--- print quote
print(c(a = "x"), quote = FALSE)
noquote("nq")
#--- invisible assignment ops
x <- 1:3; x[2] <- 9L; names(x) <- c("a", "b", "c"); x
#--- complex calls
Reduce(`+`, 1:4, accumulate = TRUE)
Map(function(a, b) a + b, 1:2, 3:4)
#--- regmatches
regmatches("a1b22", gregexpr("[0-9]+", "a1b22"))
#--- object sizes
object.size(1:10)
#--- tabs and characters of several bytes
	x <- 1;	"éü";	y <- 2; 	y	# ö
"日本語"; `ü` <- 3;	`ü` + 1
'🎉🎉'	; x
#--- line directive
#line 100 "other.R"
f <- function() {
  stop("directed")
}
f()
#--- after the line directive
traceback()
#--- form feed and vertical space
1 ; 2


3
#--- nested S4 and S3 in a list
list(new("P", name = "Bo"), structure(9, class = "thing"), 1:2)
#--- list of functions and calls
list(sum, quote(a + b), y ~ x)
#--- operators at line ends
1 +
  2 *
  3
c(1,
  # a comment inside
  2)
#--- function call over lines with else
f <- function(x) {
  if (x) "yes"
  else "no"
}
f(FALSE)
#--- right assignment and walrus-like
5 -> aa; aa
b <<- 6; b
#--- strings that look like code
"x <- 1; stop('no')"
'# not a comment'
"a;b"; 'c
d;e'
#--- backslashes and quotes
'it\'s'; "say \"hi\""
cat("tab\there\n")
#--- numbers with suffix
1e3L; 0x10L; 1i^2
#--- comparison chains and not
!TRUE; -1:3; 2^-1
#--- repeated output of one value
for (i in 1:2) print(data.frame(i = i))
#--- print of a long list
as.list(1:12)
#--- wide data frame
data.frame(matrix(1:40, 2))
#--- print digits
print(pi, digits = 3); format(1e6, big.mark = ",")
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
#--- quit cancelled
quit("ask")
#< c
