var builder = WebApplication.CreateBuilder(args);

// The connection string "vault" is that of the AppHost.
builder.Services.AddAxvaultClient();
builder
    .Services.AddHttpClient("provider", http => http.BaseAddress = new Uri(builder.Configuration["PROVIDER_URL"]!))
    .AddAxvaultCredential("claude.prod");

var app = builder.Build();
app.MapGet("/", static (IHttpClientFactory clients, CancellationToken stop) => clients.CreateClient("provider").GetStringAsync("/message", stop));
app.MapGet("/health", static () => "ok");
app.Run();
