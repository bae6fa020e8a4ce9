Prompts: readline(), menu(), scan() and the like.

#--- width
options(width = 80)
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
#--- readline loop
for (i in 1:3) { a <- readline(paste0("n", i, "? ")); cat("got", a, "\n") }
#< x
#< y
#< z
#--- readline empty prompt
readline()
#< hello
#--- readline trims
readline("> ")
#<    spaced   
#--- readline plus prompt
readline("+ ")
#< plus
#--- readline multi-line prompt
readline("line1\nline2: ")
#< x
#--- readline long prompt
readline(strrep("p", 300))
#< x
#--- readline utf8
readline("größe? ")
#< 世界
#--- readline empty
readline("e? ")
#< 
#--- readline code
readline("c? ")
#< stop("x")
#--- readline quotes
readline("q? ")
#< it's "quoted" \n
#--- as.numeric readline
as.numeric(readline("num? ")) + 1
#< 41
#--- menu 0
menu(c("a", "b"))
#< 0
#--- menu invalid
menu(c("a", "b"))
#< 5
#< x
#< 1
#--- menu graphics
menu(c("one", "two"), graphics = FALSE, title = "T")
#< 1
#--- menu long
menu(month.name, title = "Which?")
#< 12
#--- select.list
select.list(c("p", "q"), graphics = FALSE)
#< 2
#--- select.list multiple
select.list(c("p", "q", "r"), multiple = TRUE, graphics = FALSE)
#< 1 3
#--- askYesNo n
askYesNo("ok?")
#< n
#--- askYesNo c
askYesNo("ok?")
#< c
#--- askYesNo default
askYesNo("ok?", FALSE)
#< 
#--- scan numbers
scan()
#< 1 2
#< 3
#< 
#--- scan what
scan(what = list("", 0))
#< a 1
#< b 2
#< 
#--- scan sep
scan(sep = ",", n = 3)
#< 1,2,3
#--- scan error
scan()
#< 1 x
#< flushed
#--- after the scan error
1
#--- scan char quoted
scan(what = "character", nlines = 1)
#< "a b" c
#--- readLines n
readLines(n = 1)
#< only
#--- readLines stdin()
readLines(stdin(), 3)
#< a
#< 
#< c
#--- readLines in a loop
while (nchar(l <- readLines(stdin(), 1))) cat("line", l, "\n")
#< one
#< two
#< 
#--- read.table stdin
read.table(stdin(), nrows = 2)
#< 1 a
#< 2 b
#--- read.table header
read.csv(stdin(), nrows = 1)
#< x,y
#< 1,2
#--- stdin connection info
stdin()
summary(stdin())$class
#--- the terminal
isatty(stdin())
#! a kernel has no terminal
#--- readline then rest of line
x <- readline("A? "); y <- readline("B? "); paste(x, y)
#< 1
#< 2
#--- readline between expressions
cat("a\n")
x <- readline("? ")
#< mid
cat("b", x, "\n")
y <- readline("?? ")
#< end
y
#--- readline in lapply
unlist(lapply(1:2, function(i) readline(paste("q", i, ""))))
#< u
#< v
#--- readline in try
try(readline("t? "))
#< w
#--- readline in tryCatch error after
tryCatch({ readline("t? "); stop("x") }, error = function(e) readline("e? "))
#< 1
#< 2
#--- readline in on.exit
f <- function() { on.exit(cat("said", readline("bye? "), "\n")); 5 }
f()
#< yes
#--- readline after cat without newline
cat("Name: "); readline()
#< N
#--- readline after message
message("note", appendLF = FALSE); readline("? ")
#< N
#--- readline in S4 show
setClass("Q", representation(a = "numeric"))
setMethod("show", "Q", function(object) { r <- readline("show? "); cat("shown", r, "\n") })
new("Q")
#< ok
#--- readline in print then more
print.pp <- function(x, ...) { cat("one\n"); readline("m? "); cat("two\n"); invisible(x) }
structure(1, class = "pp")
#< ok
structure(2, class = "pp")
#< ok
#--- invisible readline
invisible(readline("i? "))
#< ok
#--- readline during sink
sink(tempfile()); x <- readline("sunk? "); sink(); x
#< ok
#--- readline capture.output
capture.output(x <- readline("cap? "))
#< ok
#--- pause
{ cat("Press enter"); invisible(readline()) }
#< 
#--- browser in sapply
sapply(1:2, function(i) { browser(); i })
#< i
#< c
#< i * 10
#< c
#--- invokeRestart browser
f <- function() { browser(); "done" }
f()
#< tryCatch(stop("a"), error = function(e) "caught")
#< c
#--- file.choose
try(file.choose())
#< /nonexistent/file
#--- nonewline then error
cat("partial"); stop("e")
#--- partial stdout then stderr
cat("partial"); message("msg"); cat("rest\n")
#--- history
exists("savehistory")
#--- readRenviron
readRenviron("/nonexistent")
#--- demo style
invisible(readline("Press <Enter> to continue: "))
#< 
"next"
