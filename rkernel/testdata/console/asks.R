Questions and browsers wherever they can come.

#--- width
options(width = 80)
#--- readline in tryCatch
tryCatch({ a <- readline("x? "); stop("got ", a) }, error = function(e) { b <- readline("again? "); cat(conditionMessage(e), b, "\n") }, finally = readline("finally? "))
#< one
#< two
#< three
#--- readline in print method of a list
print.asker <- function(x, ...) { a <- readline(paste0("show ", x, "? ")); if (a == "y") cat("shown\n") else cat("hidden\n") }
list(structure(1, class = "asker"), structure(2, class = "asker"))
#< y
#< n
#--- readline value visible
readline("v? ")
#< val
x <- readline("w? ")
#< valw
x
(readline())
#< p
invisible(readline("inv? "))
#< hidden
readline
#--- readline numbers
n <- as.integer(readline("n? ")); n * 2L
#< 21
#--- readline in active binding
makeActiveBinding("askme", function() readline("active? "), globalenv()); askme
#< yes
rm(askme)
#--- readline in delayedAssign
delayedAssign("d", readline("lazy? ")); d
#< forced
d
#--- readline as default argument
f <- function(x = readline("x? ")) { cat("before\n"); x }; f()
#< dflt
#--- readline in while
while ((a <- readline("more? ")) != "no") cat("got", a, "\n"); a
#< yes
#< maybe
#< no
#--- readline in switch
switch(readline("ab? "), a = "was a", b = "was b", "other")
#< b
#--- readline in apply
sapply(c("a", "b"), function(x) readline(paste(x, "? ")))
#< 1
#< 2
#--- readline with cat in front
cat("no newline: "); x <- readline(); cat("got", x, "\n")
#< z
#--- readline in a warning handler
withCallingHandlers(warning("w1"), warning = function(w) { if (readline("muffle? ") == "y") invokeRestart("muffleWarning") })
#< y
#--- readline and deferred warnings
f <- function() { warning("before"); a <- readline("? "); warning("after"); a }; f()
#< q
#--- readline in finalizer
e <- new.env(); reg.finalizer(e, function(x) cat("fin", readline("fin? "), "\n")); rm(e); invisible(gc())
#< ok
#--- readline in local source
tf <- tempfile(); writeLines(c("x <- readline('src? ')", "x"), tf); source(tf, echo = TRUE)
#< fromsource
#--- readline in system.time
invisible(system.time(a <- readline("st? "))); a
#< b
#--- readline in parse eval
eval(parse(text = "readline('ev? ')"))
#< c
#--- menu in function
f <- function() { i <- menu(c("apple", "pear"), title = "Fruit?"); if (i) c("apple", "pear")[i] else "none" }; f()
#< 2
#--- menu invalid then valid
menu(c("a", "b"))
#< 7
#< x
#< 1
#--- menu text answer
menu(c("yes", "no"), title = "Continue?")
#< no
#--- menu many
menu(paste("choice", 1:12))
#< 12
#--- menu long items
menu(c(strrep("x", 50), strrep("y", 50)))
#< 0
#--- menu wide characters
menu(c("größe", "世界"), title = "语言?")
#< 1
#--- select.list
select.list(c("a", "b", "c"), title = "Pick", graphics = FALSE)
#< 3
select.list(c("a", "b", "c"), multiple = TRUE, title = "Pick many", graphics = FALSE)
#< 1 3
#--- select.list preselect
select.list(c("a", "b"), preselect = "b", graphics = FALSE)
#< 0
#--- select.list none multiple
select.list(c("a", "b"), multiple = TRUE, graphics = FALSE)
#< 0
#--- askYesNo
askYesNo("Sure?"); 
#< yes
askYesNo("Sure?", default = NA)
#< 
askYesNo("Sure?", prompts = "Y/N/C")
#< Y
#--- askYesNo weird
askYesNo("Sure?")
#< dunno
#--- scan numeric
x <- scan(n = 3)
#< 1 2
#< 3
x
#--- scan until empty
scan()
#< 1 2 3
#< 4.5 6e2
#< 
#--- scan character quoted
scan(what = "", quiet = TRUE)
#< a "b c" d
#< 
#--- scan list
scan(what = list(name = "", n = 0), nmax = 2)
#< ann 3
#< bob 4
#--- scan sep, na
scan(sep = ",", n = 4)
#< 1,2,NA,4
#--- scan nlines
scan(nlines = 1)
#< 5 6 7
#--- scan logical and comment
scan(what = logical(), comment.char = "#", n = 2)
#< T F # and so on
#--- scan in function
f <- function() sum(scan(quiet = TRUE)); f()
#< 1 2
#< 
#--- readLines stdin
readLines(stdin(), n = 2)
#< first
#< second
#--- readLines con
x <- readLines(n = 1)
#< only
x
#--- readLines loop
for (i in 1:2) { l <- readLines(stdin(), 1); cat(i, ":", l, "\n") }
#< aa
#< bb
#--- read.table inline
read.table(stdin(), nrows = 2)
#< a 1
#< b 2
#--- read.csv text from stdin
read.csv(stdin(), nrows = 1)
#< x,y
#< 1,2
#--- readline then scan then menu
a <- readline("a? "); b <- scan(n = 1, quiet = TRUE); c1 <- menu(c("p", "q")); c(a, b, c1)
#< A
#< 7
#< 2
#--- readline in browser in readline
f <- function() { x <- readline("out? "); browser(); y <- readline("after? "); c(x, y) }; f()
#< o
#< x
#< z <- readline("in browser? ")
#< inb
#< z
#< c
#< aft
#--- scan in a browser
f <- function() { browser(); 1 }; f()
#< q1 <- scan(n = 2)
#< 3 4
#< sum(q1)
#< c
#--- menu in browser
f <- function() { browser(); 1 }; f()
#< menu(c("a", "b"))
#< 2
#< c
#--- browser in tryCatch
tryCatch({ browser(); stop("e") }, error = function(e) cat("handled\n"), finally = cat("fin\n"))
#< 1 + 1
#< c
#--- browser Q in tryCatch finally
tryCatch({ browser(); 1 }, finally = cat("fin\n"))
#< Q
#--- browser Q on.exit
f <- function() { on.exit(cat("exit\n")); browser(); 1 }; f()
#< Q
#--- browser in on.exit
f <- function() { on.exit({ browser(); cat("done\n") }); 5 }; f()
#< 1
#< c
#--- browser in lapply, sapply, do.call
lapply(1:2, function(i) { browser(); i })
#< i
#< c
#< i
#< c
#--- browser in warning handler
withCallingHandlers(as.integer("x"), warning = function(w) browser())
#< conditionMessage(w)
#< c
#--- browser in a task callback
invisible(addTaskCallback(function(...) { browser(); FALSE }))
#< 1 + 1
#< c
#--- browser in finalizer
e <- new.env(); reg.finalizer(e, function(x) browser()); rm(e); invisible(gc())
#< 2 + 2
#< c
#--- browser calling itself and where
f <- function(n) if (n) f(n - 1) else browser(); f(2)
#< where
#< n
#--- browser text and conditions
f <- function(x) { browser("text here", condition = x, skipCalls = 0L); 1 }; f("cond")
#< browserText(); browserCondition()
#< c
#--- browserSetDebug
f <- function() { g(); 2 }; g <- function() { browser(); 1 }; f()
#< browserSetDebug(1)
#< c
#< n
#--- sys.calls in a browser
f <- function(x) { y <- 1; browser(); y }; f(3)
#< sys.calls()
#< sys.function()
#< parent.frame()
#< environmentName(parent.frame())
#< sys.nframe()
#< match.call()
#< ls()
#< x; y
#< c
#--- browser with a plot of text, long output
f <- function() { browser(); 1 }; f()
#< 1:30
#< mtcars[1:2, ]
#< c
#--- browser rm and edit of locals
f <- function() { a <- 1; b <- 2; browser(); exists("a", inherits = FALSE) }; f()
#< rm(a)
#< b <<- 10
#< c
b
#--- browser comment and blanks
f <- function() { browser(); 1 }; f()
#< # a comment
#<    
#< c
#--- browser incomplete string
f <- function() { browser(); 1 }; f()
#< x <- "two
#< lines"
#< x
#< c
#--- browser with several expressions in a line
f <- function() { browser(); 1 }; f()
#< 1; 2; "three"
#< c
#--- browser names that look like commands
f <- function() { n <- 5; c <- 6; s <- 7; Q <- 8; where <- 9; browser(); 1 }; f()
#< (n)
#< print(c)
#< Q + 0
#< (where)
#< cont
#--- debug a loop with n, f and c
f <- function() {
  for (i in 1:2) {
    x <- i
  }
  x
}
debugonce(f); f()
#< n
#< n
#< f
#< n
#--- debug S4 method
setGeneric("dg", function(x) standardGeneric("dg")); setMethod("dg", "numeric", function(x) {
  y <- x + 1
  y
}); debug(dg, signature = "numeric"); dg(1)
#< n
#< n
#< n
undebug(dg, signature = "numeric")
#--- debug primitive
debug(sum)
#--- debug of a function of a package
debugonce(sd); sd(1:3)
#< n
#< c
#--- debug by name missing
debug("nosuchfunction")
#--- trace with browser
f <- function(x) { x <- x + 1; x }; trace(f, browser, print = FALSE); f(1)
#< x
#< c
untrace(f)
#--- trace of several
trace("mean", tracer = quote(cat("mean of", length(x), "\n"))); mean(1:3); trace("mean"); untrace("mean")
#--- trace print false exit
g <- function(a) a * 2; trace(g, tracer = quote(cat("in\n")), exit = quote(cat("out\n")), at = 1); g(2); g; body(g); untrace(g); g
#--- recover nested
options(error = recover)
f <- function(x) { loc <- x; g(loc + 1) }; g <- function(y) { inner <- y; stop("deep") }; f(1)
#< 2
#< inner
#< ls()
#< c
#< 1
#< loc
#< c
#< 0
#! R prints the error before the question; the cell ends with it again
#--- recover off
options(error = NULL)
#--- recover called
f <- function() { v <- 3; recover() }; f()
#< 1
#< v
#< c
#< 0
#--- warn 2 and recover
options(warn = 2, error = recover); f <- function() as.integer("q"); f()
#< 1
#< ls()
#< c
#< 0
#! R prints the error before the question; the cell ends with it again
#--- warn 2 off
options(warn = 0, error = NULL)
#--- try with error option
options(error = quote(cat("option ran\n"))); try(stop("x")); tryCatch(stop("y"), error = function(e) cat("no option\n")); options(error = NULL)
#--- error option with readline
options(error = quote({ a <- readline("what now? "); cat("you said", a, "\n") })); stop("z")
#< nothing
#! R prints the error before the question; the cell ends with it again
#--- error option with readline off
options(error = NULL)
#--- pipe
p <- pipe("echo from pipe"); readLines(p); close(p)
p <- pipe("cat", "w"); cat("to pipe\n", file = p); close(p)
#--- Sys.sleep 0, date
Sys.sleep(0); invisible(date()); class(date())
#--- interaction of sink and readline
sink(tempfile()); x <- readline("hidden? "); sink(); x
#< seen
#--- readline with a prompt that has newline at the end
x <- readline("line one\nline two\n")
#< nl
x
#--- readline prompt of 300 characters
x <- readline(strrep("p", 300)); x
#< long
#--- file.choose
file.choose()
#< /tmp/nosuchfile
#--- file.choose empty
file.choose()
#< 
#--- data entry
q <- 3; q; rm(q)
#--- withr-like
local({ op <- options(digits = 3); on.exit(options(op)); print(pi) }); pi
