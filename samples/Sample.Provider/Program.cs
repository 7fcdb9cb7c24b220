var app = WebApplication.CreateBuilder(args).Build();

app.MapGet(
    "/message",
    static (HttpRequest request, IConfiguration configuration) =>
        request.Headers.Authorization == $"Bearer {configuration["EXPECTED_TOKEN"]}" ? Results.Text("The provider knows the token.") : Results.Unauthorized()
);
app.Run();
