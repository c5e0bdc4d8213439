import { routes, schemas, type Answer, type Route } from './routes.ts';

export interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: object;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

/** OpenAPI 3.1 of the status port, made from the routes that the server registers. */
export function openapi(): OpenApi {
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    const url = route.url.replace(/:(\w+)/g, '{$1}');
    paths[url] = { ...paths[url], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Branchline status port', version: '1.0.0' },
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiToken: { type: 'http', scheme: 'bearer', description: '[Settings] ApiToken' },
      },
    },
  };
}

function operation(operationId: string, route: Route): object {
  const { summary, secured, params, querystring, headers, answers } = route;
  const parameters = [
    ...parametersIn('path', params),
    ...parametersIn('query', querystring),
    ...parametersIn('header', headers),
  ];
  return {
    operationId,
    summary,
    ...(secured && { security: [{ apiToken: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, response(answer)]),
    ),
  };
}

function parametersIn(place: 'path' | 'query' | 'header', schema: ObjectSchema = {}): object[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

function response({ description, type, schema }: Answer): object {
  const body = schema ? { $ref: `#/components/schemas/${schema}` } : { type: 'string' };
  return { description, content: { [type]: { schema: body } } };
}
