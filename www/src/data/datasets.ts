/** The datasets that come with the page, from npm's vega-datasets, and the tables they go into. */

import type { CreateTableInput } from 'dynatab';
import { readCsvRows, type Row } from './rows.js';

export interface Dataset {
  title: string;
  about: string;
  file: string;
  table: CreateTableInput & { TableName: string };
  rows(text: string): Row[];
}

const ALL = { ProjectionType: 'ALL' } as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `Jun 12 1998` as `1998-06-12`, which sorts. The data is of 2010, and years of two digits were guessed too late in it:
 * Modern Times is not of 2036.
 */
function isoDate(text: string): string {
  const [month = '', day = '', year = ''] = text.split(' ');
  return `${Number(year) > 2011 ? Number(year) - 100 : year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${day}`;
}

const movies: Dataset = {
  title: 'Movies',
  about: '3,201 films: genre, director, ratings, gross. Key: title and release date.',
  file: 'data/movies.json',
  table: {
    TableName: 'movies',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'Title', AttributeType: 'S' },
      { AttributeName: 'Release Date', AttributeType: 'S' },
      { AttributeName: 'Major Genre', AttributeType: 'S' },
      { AttributeName: 'IMDB Rating', AttributeType: 'N' },
      { AttributeName: 'Director', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'Title', KeyType: 'HASH' },
      { AttributeName: 'Release Date', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-genre',
        KeySchema: [
          { AttributeName: 'Major Genre', KeyType: 'HASH' },
          { AttributeName: 'IMDB Rating', KeyType: 'RANGE' },
        ],
        Projection: ALL,
      },
      {
        IndexName: 'by-director',
        KeySchema: [
          { AttributeName: 'Director', KeyType: 'HASH' },
          { AttributeName: 'Release Date', KeyType: 'RANGE' },
        ],
        Projection: ALL,
      },
    ],
  },
  rows(text) {
    const found = JSON.parse(text) as Record<string, string | number | null>[];
    return found.map((movie, at) => {
      // What is not known is left out: the indexes then hold only films that have a genre or a director.
      const item = Object.fromEntries(Object.entries(movie).filter(([, value]) => value !== null));
      item['Title'] = String(movie['Title'] ?? '(untitled)');
      item['Release Date'] = isoDate(String(movie['Release Date']));
      return { line: at + 1, item };
    });
  },
};

const airports: Dataset = {
  title: 'Airports',
  about: '3,376 airports of the United States with their places. Key: the IATA code.',
  file: 'data/airports.csv',
  table: {
    TableName: 'airports',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'iata', AttributeType: 'S' },
      { AttributeName: 'state', AttributeType: 'S' },
      { AttributeName: 'city', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'iata', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-state',
        KeySchema: [
          { AttributeName: 'state', KeyType: 'HASH' },
          { AttributeName: 'city', KeyType: 'RANGE' },
        ],
        Projection: ALL,
      },
    ],
  },
  rows: (text) => readCsvRows(text).rows,
};

export const DATASETS = [movies, airports];
