using Axvault.Tests.Provider;

var builder = WebApplication.CreateSlimBuilder(args);

// At Information, the frameworks would log each request; no token may be logged.
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
builder.AddAuthorizationServer();
builder.Services.AddHealthChecks();
builder.Services.AddSingleton<TokenUses>();

var app = builder.Build();
app.UseTokenQueue();
app.UseAuthentication();
app.UseAuthorization();
app.MapHealthChecks("/health");
app.MapTokenEndpoint();
app.MapLogins();
app.MapWhoAmI();
TokenUses.MapTo(app);
await app.RunAsync();
