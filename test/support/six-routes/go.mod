module example.com/six-routes

go 1.24
